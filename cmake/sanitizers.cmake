# SPDX-License-Identifier: GPL-2.0-or-later
# asan: SSTPTUN_SANITIZE=address,undefined. fuzz: clang's coverage instrumentation for libFuzzer on top.
# coverage: which lines were executed, for tests/coverage.
set(sanitize "${SSTPTUN_SANITIZE}")
if(SSTPTUN_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL Clang)
        message(FATAL_ERROR "The fuzz preset needs clang: libFuzzer is part of it.")
    endif()
    # no-link: the instrumentation without libFuzzer's main, which only the fuzzers themselves link.
    set(sanitize fuzzer-no-link,address,undefined)
endif()
if(sanitize)
    target_compile_options(sstptun_flags INTERFACE
        -fsanitize=${sanitize}
        -fno-sanitize-recover=all     # the first finding ends the test
        -fno-omit-frame-pointer)      # readable stacks
    if(CMAKE_C_COMPILER_ID STREQUAL GNU)
        # With the instrumentation in the way gcc loses the ranges of values, and warns of conversions and
        # uninitialised variables that it sees through without. The dev, tidy and release presets report.
        target_compile_options(sstptun_flags INTERFACE -Wno-conversion -Wno-error)
    endif()
    target_link_options(sstptun_flags INTERFACE -fsanitize=${sanitize} -fno-sanitize-recover=all)
endif()
if(SSTPTUN_COVERAGE)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL Clang)
        message(FATAL_ERROR "The coverage preset needs clang: it is measured by its instrumentation.")
    endif()
    target_compile_options(sstptun_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(sstptun_flags INTERFACE -fprofile-instr-generate)
endif()
