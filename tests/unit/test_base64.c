/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "base64.h"

/* RFC 4648 10 */
static const struct {
    const char *data, *text;
} vector[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"},
              {"\xff\xef\xbe", "/+++"}};

TEST(vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
        char text[BASE64_LEN(8)];
        uint8_t data[16];
        size_t len = 99;

        base64_encode(bytes_of_str(vector[i].data), text);
        CHECK_STR(text, vector[i].text);
        CHECK_EQ(strlen(text) + 1, BASE64_LEN(strlen(vector[i].data)));
        CHECK(base64_decode(bytes_of_str(vector[i].text), data, &len));
        CHECK_EQ(len, strlen(vector[i].data));
        CHECK_MEM(data, vector[i].data, len);
    }
}

TEST(white_space_and_the_same_memory)
{
    char text[] = " Zm\r\n9v\tYm F\ny ";
    size_t len;

    CHECK(base64_decode(bytes_of_str(text), (uint8_t *)text, &len));
    CHECK_EQ(len, 6);
    CHECK_MEM(text, "foobar", 6);
}

TEST(refused)
{
    static const char *const bad[] = {"Z",        "Zg",   "Zg=",   "Z===",     "====", "=",
                                      "Zg==Zg==", "Zg=a", "Zm9v!", "Zm9v-_==", "Zg==="};
    uint8_t data[16];
    size_t len = 99;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!base64_decode(bytes_of_str(bad[i]), data, &len));
    CHECK_EQ(len, 99);
}

CHECK_MAIN()
