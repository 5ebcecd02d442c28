# SPDX-License-Identifier: GPL-2.0-or-later
# sstptun_library(NAME [EXCEPT FILE]): the static library of the current folder, from all its .c files. A
# glob, because one folder is one library by rule: there is nothing to choose.
function(sstptun_library name)
    cmake_parse_arguments(arg "" "EXCEPT" "" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    if(arg_EXCEPT)
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${arg_EXCEPT})
    endif()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    sstptun_target(${name})
    sstptun_tidy(${name})
endfunction()

# What every target of ours is compiled with, the tests included.
function(sstptun_target name)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    target_link_libraries(${name} PRIVATE sstptun_flags)
endfunction()

# clang-tidy, for what is shipped. The tests have the compilers' warnings and the sanitizers.
function(sstptun_tidy name)
    if(SSTPTUN_TIDY)
        find_program(CLANG_TIDY clang-tidy REQUIRED)
        set_target_properties(${name} PROPERTIES C_CLANG_TIDY "${CLANG_TIDY};--quiet")
    endif()
endfunction()
