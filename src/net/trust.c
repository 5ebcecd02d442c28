/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file is read whole, its PEM blocks are decoded in place (a certificate is shorter than its Base64), and the parsed
 * certificates point into that memory. What does not parse is left out: the store is the administrator's, not ours to
 * judge, and a certificate that cannot be read can vouch for nobody.
 */
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"

struct trust_file {
    struct trust_file *next;
    size_t len;
    uint8_t data[];
};

static const char *const system_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch, Gentoo, NixOS, OpenWrt */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
    "/etc/ssl/ca-bundle.pem",             /* SUSE */
    "/etc/ssl/cert.pem",                  /* Alpine, BSD */
    "/etc/pki/tls/cacert.pem",            /* older ones */
};
static const char system_dir[] = "/etc/ssl/certs";

void trust_init(struct trust *trust)
{
    *trust = (struct trust){0};
}

static bool known(const struct trust *trust, struct bytes der)
{
    for (size_t i = 0; i < trust->n_cert; i++)
        if (bytes_equal(trust->cert[i].whole, der))
            return true;
    return false;
}

/* 1 when it was added, 0 when it is known or unreadable, or -errno. */
static int add_certificate(struct trust *trust, struct bytes der)
{
    struct x509 cert, *grown;
    size_t cap = trust->cap ? trust->cap * 2 : 64;

    if (!x509_parse(der, &cert) || known(trust, der) || trust->n_cert == TRUST_CERTS_MAX)
        return 0;
    if (trust->n_cert == trust->cap) {
        grown = realloc(trust->cert, cap * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        trust->cert = grown;
        trust->cap = cap;
    }
    trust->cert[trust->n_cert++] = cert;
    return 1;
}

/* The text between two markers, the first after text's start; text moves behind it. False when there is none. */
static bool next_block(struct bytes *text, const char *begin, const char *end, struct bytes *ret_block)
{
    const uint8_t *start = text->len ? memmem(text->data, text->len, begin, strlen(begin)) : NULL, *stop;
    size_t left;

    if (!start)
        return false;
    start += strlen(begin);
    left = (size_t)(text->data + text->len - start);
    stop = memmem(start, left, end, strlen(end));
    if (!stop)
        return false;
    *ret_block = bytes_of(start, (size_t)(stop - start));
    *text = bytes_of(stop, left - ret_block->len);
    return true;
}

static int add_pem(struct trust *trust, struct trust_file *file)
{
    struct bytes text = bytes_of(file->data, file->len), block;
    int n = 0, r = 0;

    while (r >= 0 && next_block(&text, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", &block)) {
        uint8_t *der = file->data + (block.data - file->data);
        size_t len;

        r = base64_decode(block, der, &len) ? add_certificate(trust, bytes_of(der, len)) : 0;
        n += r > 0;
    }
    return r < 0 ? r : n;
}

static int read_all(int fd, uint8_t *buf, size_t cap, size_t *ret_len)
{
    size_t len = 0;

    while (len < cap) {
        ssize_t n = read(fd, buf + len, cap - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_len = len;
    return len == cap ? -EFBIG : 0;
}

/* Reads what fd has, whatever it is (a pipe, too), into memory of its own. */
static int read_file(int fd, struct trust_file **ret_file)
{
    struct stat st;
    size_t cap = TRUST_FILE_MAX;
    struct trust_file *file;
    int r;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size < cap)
        cap = (size_t)st.st_size + 1;
    file = malloc(sizeof(*file) + cap + 3); /* 3: what base64_decode() wants to have */
    if (!file)
        return -ENOMEM;
    r = read_all(fd, file->data, cap, &file->len);
    if (r < 0)
        free(file);
    else
        *ret_file = file;
    return r;
}

int trust_add_file(struct trust *trust, const char *path)
{
    struct trust_file *file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0)
        return -errno;
    r = read_file(fd, &file);
    close(fd);
    if (r < 0)
        return r;
    file->next = trust->files;
    trust->files = file;
    r = add_certificate(trust, bytes_of(file->data, file->len));
    return r != 0 ? r : add_pem(trust, file);
}

/* A file of a directory: a dangling link or something unreadable is passed over. */
static int add_entry(struct trust *trust, int dir_fd, const char *dir, const char *name)
{
    char path[4096];
    struct stat st;
    int r;

    if (fstatat(dir_fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
        snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return 0;
    r = trust_add_file(trust, path);
    return r == -ENOMEM ? r : r > 0 ? r : 0;
}

int trust_add_dir(struct trust *trust, const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int n = 0, r = 0;

    if (!dir)
        return -errno;
    while (r >= 0 && trust->n_cert < TRUST_CERTS_MAX && (entry = readdir(dir))) {
        r = add_entry(trust, dirfd(dir), path, entry->d_name);
        n += r > 0 ? r : 0;
    }
    closedir(dir);
    return r < 0 ? r : n;
}

/* $SSL_CERT_DIR is a list with colons, as in OpenSSL. */
static int add_dirs(struct trust *trust, const char *list)
{
    char *copy = strdup(list), *rest = copy, *dir;
    int n = 0;

    while (copy && (dir = strsep(&rest, ":"))) {
        int r = *dir ? trust_add_dir(trust, dir) : 0;

        n += r > 0 ? r : 0;
    }
    free(copy);
    return n;
}

/* Who sets one of the variables means: this and nothing else. */
static bool add_environment(struct trust *trust, const char *file, const char *dirs)
{
    int n = file ? trust_add_file(trust, file) : 0;
    int n_dirs = dirs ? add_dirs(trust, dirs) : 0;

    return n > 0 || n_dirs > 0;
}

bool trust_add_system(struct trust *trust)
{
    const char *file = secure_getenv("SSL_CERT_FILE"), *dirs = secure_getenv("SSL_CERT_DIR");

    if (file || dirs)
        return add_environment(trust, file, dirs);
    for (size_t i = 0; i < ARRAY_LEN(system_files); i++)
        if (trust_add_file(trust, system_files[i]) > 0)
            return true;
    return trust_add_dir(trust, system_dir) > 0;
}

void trust_done(struct trust *trust)
{
    while (trust->files) {
        struct trust_file *file = trust->files;

        trust->files = file->next;
        free(file);
    }
    free(trust->cert);
    trust_init(trust);
}
