# SPDX-License-Identifier: GPL-2.0-or-later
# Hardening of our own code and of the link. The same compile flags go to the three foreign libraries
# (cmake/deps/CMakeLists.txt): their code runs in our processes, and wolfSSL's parses the same stranger's bytes.
include(CheckCCompilerFlag)
set(CMAKE_REQUIRED_QUIET ON)

# Every function with an array, or with a local whose address is taken, checks a canary.
set(hardening -fstack-protector-strong)
# A large frame touches each of its pages, so that it cannot jump over the guard page.
list(APPEND hardening -fstack-clash-protection)
# Landing pads and shadow stack markers where the CPU and kernel know them; nothing elsewhere.
list(APPEND hardening -fcf-protection=full)
# An uninitialised local is zero, not what the last function left on the stack.
list(APPEND hardening -ftrivial-auto-var-init=zero)
if(CMAKE_BUILD_TYPE STREQUAL Release)
    # A signed overflow that the sanitizers did not meet wraps, instead of licensing the compiler to drop
    # the bounds check after it. Not in the other presets: it would blind the sanitizer. (Not
    # -fno-strict-overflow: it lets pointers wrap too, and gcc then warns of null where there is none.)
    list(APPEND hardening -fwrapv)
    # Likewise, a null pointer check is not removed because of a dereference before it.
    list(APPEND hardening -fno-delete-null-pointer-checks)
    # No tables for unwinding: nothing here unwinds, cores are not dumped, and they are 82 KB that lie between what
    # both processes read.
    list(APPEND hardening -fno-asynchronous-unwind-tables -fno-unwind-tables)
endif()

set(SSTPTUN_HARDENING "")
foreach(flag IN LISTS hardening)
    string(MAKE_C_IDENTIFIER "have${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        list(APPEND SSTPTUN_HARDENING ${flag})
    endif()
endforeach()
target_compile_options(sstptun_flags INTERFACE ${SSTPTUN_HARDENING})

# glibc checks the sizes of what memcpy and friends write; musl has no such headers. Sanitizers do it better.
if(NOT SSTPTUN_STATIC AND NOT SSTPTUN_SANITIZE AND NOT SSTPTUN_FUZZ)
    target_compile_options(sstptun_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# What nobody calls is not linked: smaller, and less for an exploit to jump to.
target_compile_options(sstptun_flags INTERFACE -ffunction-sections -fdata-sections)
target_link_options(sstptun_flags INTERFACE
    -Wl,--gc-sections
    -Wl,-z,relro -Wl,-z,now       # relocations are done at start, then read-only
    -Wl,-z,noexecstack            # assembly files without the note would ask for an executable stack
    -Wl,-z,separate-code)         # no page is both read as data and executed
