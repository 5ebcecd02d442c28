# SPDX-License-Identifier: GPL-2.0-or-later
# Warnings of our own code, under gcc and clang alike. They are attached to our targets through
# sstptun_flags, never to the foreign libraries.
include(CheckCCompilerFlag)
set(CMAKE_REQUIRED_QUIET ON)

add_library(sstptun_flags INTERFACE)

set(warnings
    -Wall -Wextra            # the compilers' own choice of what is nearly always wrong
    -Wconversion             # a wire length squeezed into a narrower type is a bug class of its own
    -Wsign-conversion        # so is a negative number that becomes a huge size
    -Wshadow                 # two things of one name in one function mislead the reader
    -Wmissing-prototypes     # a function is either static or declared in its header
    -Wstrict-prototypes      # f() says nothing about its arguments in C17
    -Wold-style-definition   # nor does a K&R definition
    -Wcast-qual              # const is a promise; a cast may not take it away
    -Wcast-align             # an unaligned packet header is read through the cursor, not through a cast
    -Wwrite-strings          # string literals are const
    -Wvla                    # no stack use that input decides
    -Wformat=2               # the format is a literal and agrees with its arguments
    -Wformat-signedness
    -Wundef                  # a mistyped macro in #if would silently be 0
    -Wpointer-arith          # arithmetic on void * is no C
    -Wimplicit-fallthrough   # a case that falls through says so
    -Wswitch-enum            # a switch over our enum names every value, so that a new one is noticed
    -Wdouble-promotion       # no floating point by accident
    -Walloca                 # as -Wvla
    -Wredundant-decls        # and there only once
    -Wnested-externs         # a declaration belongs into a header
    # gcc only:
    -Wlogical-op             # (a || a), and the like
    -Wduplicated-cond        # if (a) ... else if (a)
    -Wtrampolines            # needs an executable stack
    # clang only:
    -Wassign-enum            # a number that is no member of the enum
    -Wunreachable-code
    -Wmissing-variable-declarations  # a global is either static or declared in its header
)
# A flag that this compiler does not know is left out.
foreach(flag IN LISTS warnings)
    string(MAKE_C_IDENTIFIER "have${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        target_compile_options(sstptun_flags INTERFACE ${flag})
    endif()
endforeach()
if(SSTPTUN_WERROR)
    target_compile_options(sstptun_flags INTERFACE -Werror)
endif()
