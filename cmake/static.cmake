# SPDX-License-Identifier: GPL-2.0-or-later
# Static position-independent executables with musl-gcc. Its specs file replaces gcc's own link line and
# start files and knows no -static-pie: given that flag it silently makes a dynamic file. So the start files
# are named here, and cmake/check-static looks at what came out.
find_path(MUSL_LIBDIR rcrt1.o PATHS /usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-musl /usr/lib/musl/lib
    /usr/local/musl/lib NO_DEFAULT_PATH)
if(NOT MUSL_LIBDIR)
    message(FATAL_ERROR "musl's rcrt1.o was not found: is musl-dev installed? (-DMUSL_LIBDIR=folder)")
endif()
foreach(object crtbeginS.o crtendS.o)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${object}
        OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(gcc_${object} ${path})
endforeach()

# rcrt1.o relocates the program before anything else runs; text relocations are an error.
string(JOIN " " CMAKE_C_LINK_EXECUTABLE
    "<CMAKE_C_COMPILER> <FLAGS> <LINK_FLAGS> -static -nostartfiles"
    "-Wl,-pie -Wl,--no-dynamic-linker -Wl,-z,text"
    "${MUSL_LIBDIR}/rcrt1.o ${MUSL_LIBDIR}/crti.o ${gcc_crtbeginS.o}"
    "<OBJECTS> -o <TARGET> <LINK_LIBRARIES>"
    "${gcc_crtendS.o} ${MUSL_LIBDIR}/crtn.o")

# The kernel's headers (linux/if_tun.h) stand beside glibc's; behind musl's own they only fill the gaps.
add_compile_options("SHELL:-idirafter /usr/include"
    "SHELL:-idirafter /usr/include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")

# sstptun_static(TARGET): after the link, refuse what is not one static, stripped, small file. The linker's map beside it tells
# what is where, for a profile and for the benchmark's count of allocations.
function(sstptun_static target)
    target_link_options(${target} PRIVATE -s "-Wl,-Map=$<TARGET_FILE:${target}>.map")
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_SOURCE_DIR}/cmake/check-static $<TARGET_FILE:${target}> VERBATIM)
endfunction()
