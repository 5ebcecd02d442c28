/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known answers. "spec" vectors: [MS-SSTP] 4.7, with the CMK computed from them; "mschapv2" ones: RFC 2759
 * 9.2 and RFC 3079 3.5.3 carried on to the binding, nonce 00..1f, "example certificate DER" in place of a
 * certificate.
 */
#include "sstp_binding.h"

#include "check.h"
#include "digest.h"
#include "sstp_frame.h"
#include "sstp_rig.h"

#define NONCE_COUNTING "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define EXAMPLE_SHA256 "9A2664F509C91CBDE8035505EF382B9B5587064378C151F07BA10B3339060210"
#define EXAMPLE_SHA1   "16447485F7EC615136CF8E3D56C4C616CC61BCC4"
#define MSCHAPV2_HLAK  "D5F0E9521E3EA9589645E86051C822268B7CDC149B993A1BA118CB153F56DCCB"
#define ZERO_HLAK      "0000000000000000000000000000000000000000000000000000000000000000"

struct vector {
    const char *name;
    enum sstp_hash hash;
    const char *hlak, *cmk, *nonce, *cert_hash, *mac;
};

static const struct vector vectors[] = {
    {"spec SHA-256", SSTP_HASH_SHA256, "2A1BB40D55AB0F5EF32F06F2B3CC73C48FD3FAC41D7A1315A19228D9024CA164",
     "ECF59AC9FE155CF0A9E7D66ADC1B363C1AD7BA91A9217F0CEC2A534298828DF6",
     "412B489AEBD7ECC7D08966F26BE7CD72B231A0E9210D7C91B308862B0344C435",
     "7993EF314C493DACE9F02D60E7E61C84B6690AAFE9D7AEEA92CBBE8AD599422D",
     "52A68EFD8CFFBF52770B8F0FE8EC73716583AF6D611EB6D179B3B20840985449"},
    {"spec SHA-1", SSTP_HASH_SHA1, "4B3128F43925D9006EEFB1C4E86515A1D88E56BAB3CA2BDF0373B7F5A8A13B19",
     "A98B862A38CC7E224B42CD128586ACB22F0BD1E9",
     "0F1A2D58D4A3E3000FAD3CE4906E07B707AA9E441CCEAC5CBD7B2CC1C9D86CDF",
     "5826B629BDA59B8E6FD8DCD2622FD34C534805A5", "69915DD583D8062FEF16F61DB2F03290EC27CB6C"},
    {"mschapv2 SHA-256", SSTP_HASH_SHA256, MSCHAPV2_HLAK,
     "150707E682B16F4CA9430560C562894AFD10050DB4182D35C3E9E06284445271", NONCE_COUNTING, EXAMPLE_SHA256,
     "6566128BEDAB5267A8D6EF4391412D2004CA1300AAE41D490F545D38D83642A0"},
    {"mschapv2 SHA-1", SSTP_HASH_SHA1, MSCHAPV2_HLAK, "3AFBFF0BA79DD9743BD09949FA99F9D0C92D3698",
     NONCE_COUNTING, EXAMPLE_SHA1, "7296F04DD534E3C777764502B36EE1D8C3830375"},
    {"zero key SHA-256", SSTP_HASH_SHA256, ZERO_HLAK,
     "D342EB00477D6A37E1A184FB0168CB3EA3B6645FA0F227904D20EEF5CB8F9327", NONCE_COUNTING, EXAMPLE_SHA256,
     "EA3D394A20099445AC5637002DF31BB4E50A889B183F61558DBAB09A75A1227C"},
    {"zero key SHA-1", SSTP_HASH_SHA1, ZERO_HLAK, "AE571EDE1E11EFB7BB85B8B4F07E15F0E086761A", NONCE_COUNTING,
     EXAMPLE_SHA1, "8892B875D07B1E06437183EED09C7E0FA78B0DEE"},
};

/* The packet as protocol.md 7.1 draws it, put together by hand. */
static void expected_packet(const struct vector *v, uint8_t packet[static SSTP_CONNECTED_LEN])
{
    memset(packet, 0, SSTP_CONNECTED_LEN);
    (void)sstp_rig_hex("10010070 00040001 00030068 000000", packet, 15);
    packet[15] = (uint8_t)v->hash;
    (void)sstp_rig_hex(v->nonce, packet + 16, 32);
    (void)sstp_rig_hex(v->cert_hash, packet + 48, 32);
    (void)sstp_rig_hex(v->mac, packet + 80, 32);
}

static void check_vector(const struct vector *v)
{
    struct sstp_binding_facts facts = {.hash = v->hash};
    uint8_t hlak[SSTP_BINDING_HLAK_LEN], cmk[SSTP_CMK_MAX], want_cmk[SSTP_CMK_MAX] = {0};
    uint8_t packet[SSTP_CONNECTED_LEN], want[SSTP_CONNECTED_LEN];

    (void)sstp_rig_hex(v->hlak, hlak, sizeof(hlak));
    (void)sstp_rig_hex(v->cmk, want_cmk, sizeof(want_cmk));
    (void)sstp_rig_hex(v->nonce, facts.nonce, sizeof(facts.nonce));
    (void)sstp_rig_hex(v->cert_hash, v->hash == SSTP_HASH_SHA1 ? facts.cert_sha1 : facts.cert_sha256,
                       sstp_binding_hash_len(v->hash));
    sstp_binding_cmk(v->hash, hlak, cmk);
    if (!CHECK_MEM(cmk, want_cmk, sizeof(cmk)))
        fprintf(stderr, "    vector: %s\n", v->name);
    sstp_binding_message(&facts, hlak, packet);
    expected_packet(v, want);
    if (!CHECK_MEM(packet, want, sizeof(packet)))
        fprintf(stderr, "    vector: %s\n", v->name);
}

TEST(vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        check_vector(&vectors[i]);
}

TEST(example_certificate_hashes)
{
    const struct bytes der = bytes_of_str("example certificate DER");
    uint8_t hash[SHA256_LEN], want[SHA256_LEN];

    digest_sha256(&der, 1, hash);
    (void)sstp_rig_hex(EXAMPLE_SHA256, want, sizeof(want));
    CHECK_MEM(hash, want, SHA256_LEN);
    digest_sha1(&der, 1, hash);
    (void)sstp_rig_hex(EXAMPLE_SHA1, want, sizeof(want));
    CHECK_MEM(hash, want, SHA1_LEN);
}

/* The hash that was not chosen must not show through. */
TEST(sha1_form_is_padded_with_zeros)
{
    struct sstp_binding_facts facts = {.hash = SSTP_HASH_SHA1};
    static const uint8_t zeros[12], hlak[SSTP_BINDING_HLAK_LEN];
    uint8_t packet[SSTP_CONNECTED_LEN];

    memset(facts.cert_sha256, 0xaa, sizeof(facts.cert_sha256));
    memset(facts.cert_sha1, 0xbb, sizeof(facts.cert_sha1));
    memset(packet, 0xcc, sizeof(packet));
    sstp_binding_message(&facts, hlak, packet);
    CHECK_EQ(packet[48], 0xbb);
    CHECK_EQ(packet[67], 0xbb);
    CHECK_MEM(packet + 68, zeros, 12);
    CHECK_MEM(packet + 100, zeros, 12);
}

TEST(chooses_the_stronger_hash)
{
    CHECK_EQ(sstp_binding_choose(0x00), SSTP_HASH_NONE);
    CHECK_EQ(sstp_binding_choose(0x01), SSTP_HASH_SHA1);
    CHECK_EQ(sstp_binding_choose(0x02), SSTP_HASH_SHA256);
    CHECK_EQ(sstp_binding_choose(0x03), SSTP_HASH_SHA256);
    CHECK_EQ(sstp_binding_choose(0xfc), SSTP_HASH_NONE);
    CHECK_EQ(sstp_binding_choose(0xfd), SSTP_HASH_SHA1);
    CHECK_EQ(sstp_binding_choose(0xff), SSTP_HASH_SHA256);
}

/* Each input matters: one bit anywhere changes the MAC. */
TEST(mac_depends_on_everything)
{
    struct sstp_binding_facts facts = {.hash = SSTP_HASH_SHA256};
    uint8_t hlak[SSTP_BINDING_HLAK_LEN] = {0};
    uint8_t first[SSTP_CONNECTED_LEN], other[SSTP_CONNECTED_LEN];

    sstp_binding_message(&facts, hlak, first);
    facts.nonce[31] ^= 1;
    sstp_binding_message(&facts, hlak, other);
    CHECK(memcmp(first + 80, other + 80, 32) != 0);
    facts.nonce[31] ^= 1;
    facts.cert_sha256[0] ^= 0x80;
    sstp_binding_message(&facts, hlak, other);
    CHECK(memcmp(first + 80, other + 80, 32) != 0);
    facts.cert_sha256[0] ^= 0x80;
    hlak[31] ^= 1;
    sstp_binding_message(&facts, hlak, other);
    CHECK(memcmp(first + 80, other + 80, 32) != 0);
    hlak[31] ^= 1;
    sstp_binding_message(&facts, hlak, other);
    CHECK_MEM(other, first, sizeof(first));
}

CHECK_MAIN()
