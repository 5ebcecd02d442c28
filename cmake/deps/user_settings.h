/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolfSSL's options, one by one. docs/dependencies.md gives the reason for each, in this order. The file is
 * read by wolfSSL's own sources, by its assembly (so: nothing but macros) and, through wolfssl/options.h, by
 * everything that includes a wolfSSL header. All three must see the same options, or structures differ.
 */
#ifndef SSTPTUN_WOLFSSL_USER_SETTINGS_H
#define SSTPTUN_WOLFSSL_USER_SETTINGS_H

/* The platform: what wolfSSL's configure would have found out. */
#define HAVE_SYS_TIME_H
#define HAVE_ERRNO_H
#define HAVE_GMTIME_R
#define SIZEOF_LONG      __SIZEOF_LONG__
#define SIZEOF_LONG_LONG __SIZEOF_LONG_LONG__
#ifdef __SIZEOF_INT128__
#define HAVE___UINT128_T 1
#endif
#define SINGLE_THREADED
#define WOLFSSL_GETRANDOM
#define NO_FILESYSTEM
#define WOLFSSL_USER_IO
#define WOLFSSL_NO_SOCK

/* Speed. */
#ifdef __x86_64__
#define WOLFSSL_X86_64_BUILD
#define WOLFSSL_AESNI
#define USE_INTEL_SPEEDUP
#define WOLFSSL_SP_X86_64
#define WOLFSSL_SP_X86_64_ASM
#define WOLFSSL_SP_ASM
#endif
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_HAVE_SP_DH
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_4096
#define SP_INT_BITS 8192
#define LARGE_STATIC_BUFFERS
#define GCM_TABLE_4BIT

/* Side channels. */
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

/* TLS. */
#define WOLFSSL_TLS13
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_SNI
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_SERVER_RENEGOTIATION_INFO
#define HAVE_KEYING_MATERIAL
#define WOLFSSL_STATIC_RSA
#define NO_SESSION_CACHE
#define NO_PSK

/* Certificates. */
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_ALT_CERT_CHAINS
#define WOLFSSL_IP_ALT_NAME
#define HAVE_OCSP
#define HAVE_CERTIFICATE_STATUS_REQUEST
#define HAVE_CERTIFICATE_STATUS_REQUEST_V2
#define HAVE_CRL
#define WOLFSSL_BASE64_ENCODE

/* Algorithms. */
#define HAVE_AESGCM
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_HKDF
#define HAVE_HASHDRBG
#define WC_RSA_PSS
#define HAVE_FFDHE_2048
#define HAVE_FFDHE_3072
#define HAVE_DH_DEFAULT_PARAMS
#define HAVE_ECC
#define ECC_USER_CURVES
#define HAVE_ECC384
#define HAVE_ECC521
#define HAVE_CURVE25519
#define HAVE_ED25519
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_DES_ECB
/* MD4, MD5, SHA-1, SHA-256, AES-CBC, RSA and DES are on unless switched off. */
#define NO_DSA
#define NO_RC4
#define NO_RC2
#define NO_PWDBASED
#define NO_OLD_RNGNAME
#define NO_OLD_WC_NAMES
#define NO_OLD_SSL_NAMES
#define NO_OLD_SHA_NAMES
#define NO_OLD_MD5_NAME

#endif
