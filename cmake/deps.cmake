# SPDX-License-Identifier: GPL-2.0-or-later
# The three foreign libraries, as targets `wolfssl`, `libnl` and `seccomp`: compiled from Debian's patched
# sources by cmake/deps/CMakeLists.txt, once per C library (musl for the static binary, glibc for everything
# else) and shared by all presets. docs/dependencies.md gives the reasons.
set(SSTPTUN_DEPS_DIR ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Where sources and libraries are kept")
set(WOLFSSL_SOURCE_DIR "" CACHE PATH "wolfSSL sources; empty: Debian's, fetched")
set(LIBNL_SOURCE_DIR "" CACHE PATH "libnl sources; empty: Debian's, fetched")
set(LIBSECCOMP_SOURCE_DIR "" CACHE PATH "libseccomp sources; empty: Debian's, fetched")

# What is this tree? Debian's changelog knows best, then the project's own files.
function(source_origin tree fallback ret_origin)
    set(origin "from source")
    if(EXISTS ${tree}/debian/changelog)
        file(STRINGS ${tree}/debian/changelog line LIMIT_COUNT 1)
        string(REGEX REPLACE "^[^(]*\\(([^)]*)\\).*" "\\1" version "${line}")
        string(APPEND origin " ${version}")
    elseif(EXISTS ${tree}/configure.ac)
        file(STRINGS ${tree}/configure.ac line REGEX "AC_INIT\\(|_version\\], \\[" )
        string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${line}")
        string(APPEND origin " ${version}")
    endif()
    set(${ret_origin} "${origin}" PARENT_SCOPE)
endfunction()

function(use_system_libraries)
    include(CheckCSourceCompiles)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(WOLFSSL REQUIRED IMPORTED_TARGET wolfssl)
    pkg_check_modules(LIBNL REQUIRED IMPORTED_TARGET libnl-3.0)
    pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp)
    add_library(wolfssl ALIAS PkgConfig::WOLFSSL)
    add_library(libnl ALIAS PkgConfig::LIBNL)
    add_library(seccomp ALIAS PkgConfig::LIBSECCOMP)
    set(origin "installed library ${WOLFSSL_VERSION}")
    set(CMAKE_REQUIRED_INCLUDES ${WOLFSSL_INCLUDE_DIRS})
    check_c_source_compiles("
        #include <wolfssl/options.h>
        #ifndef WOLFSSL_AESNI
        #error
        #endif
        int main(void) { return 0; }" WOLFSSL_HAS_AESNI)
    if(NOT WOLFSSL_HAS_AESNI)
        string(APPEND origin ", without AES acceleration")
        message(WARNING "The installed wolfSSL ${WOLFSSL_VERSION} was built without AES acceleration: "
            "about 0.15 GB/s where the CPU could do 6. Build with -DSSTPTUN_SYSTEM_LIBS=OFF for real use.")
    endif()
    set(SSTPTUN_WOLFSSL_ORIGIN "${origin}" PARENT_SCOPE)
    set(SSTPTUN_LIBNL_ORIGIN "installed library ${LIBNL_VERSION}" PARENT_SCOPE)
    set(SSTPTUN_LIBSECCOMP_ORIGIN "installed library ${LIBSECCOMP_VERSION}" PARENT_SCOPE)
endfunction()

function(use_sources)
    if(NOT WOLFSSL_SOURCE_DIR OR NOT LIBNL_SOURCE_DIR OR NOT LIBSECCOMP_SOURCE_DIR)
        execute_process(COMMAND ${CMAKE_SOURCE_DIR}/cmake/fetch-sources ${SSTPTUN_DEPS_DIR}/sources
            COMMAND_ERROR_IS_FATAL ANY)
    endif()
    set(wolfssl_tree ${SSTPTUN_DEPS_DIR}/sources/wolfssl)
    set(libnl_tree ${SSTPTUN_DEPS_DIR}/sources/libnl3)
    set(libseccomp_tree ${SSTPTUN_DEPS_DIR}/sources/libseccomp)
    set(flavour glibc)
    set(compiler gcc)
    if(SSTPTUN_STATIC)
        set(flavour musl)
        set(compiler ${CMAKE_C_COMPILER})
    endif()
    if(WOLFSSL_SOURCE_DIR OR LIBNL_SOURCE_DIR OR LIBSECCOMP_SOURCE_DIR)
        if(WOLFSSL_SOURCE_DIR)
            set(wolfssl_tree ${WOLFSSL_SOURCE_DIR})
        endif()
        if(LIBNL_SOURCE_DIR)
            set(libnl_tree ${LIBNL_SOURCE_DIR})
        endif()
        if(LIBSECCOMP_SOURCE_DIR)
            set(libseccomp_tree ${LIBSECCOMP_SOURCE_DIR})
        endif()
        string(SHA256 hash "${wolfssl_tree} ${libnl_tree} ${libseccomp_tree}")
        string(SUBSTRING ${hash} 0 8 hash)
        string(APPEND flavour "-${hash}")
    endif()

    # A project of its own, because its cache outlives this build tree and serves several of them. The
    # lock lets presets be built at the same time.
    set(build ${SSTPTUN_DEPS_DIR}/${flavour})
    set(lock flock ${SSTPTUN_DEPS_DIR}/${flavour}.lock)
    file(MAKE_DIRECTORY ${build})
    set(fresh "")
    if(EXISTS ${build}/CMakeCache.txt)
        # A tree that was copied or moved together with its build folder: start over.
        file(STRINGS ${build}/CMakeCache.txt home REGEX "^CMAKE_HOME_DIRECTORY:")
        if(NOT home STREQUAL "CMAKE_HOME_DIRECTORY:INTERNAL=${CMAKE_SOURCE_DIR}/cmake/deps")
            set(fresh --fresh)
        endif()
    endif()
    execute_process(
        COMMAND ${lock} ${CMAKE_COMMAND} ${fresh} -S ${CMAKE_SOURCE_DIR}/cmake/deps -B ${build} -G Ninja
            -DCMAKE_C_COMPILER=${compiler} -DCMAKE_BUILD_TYPE=Release
            -DWOLFSSL_TREE=${wolfssl_tree} -DLIBNL_TREE=${libnl_tree} -DLIBSECCOMP_TREE=${libseccomp_tree}
        OUTPUT_FILE ${build}/configure.log ERROR_FILE ${build}/configure.log RESULT_VARIABLE failed)
    if(failed)
        file(READ ${build}/configure.log log)
        message(FATAL_ERROR "wolfSSL, libnl and libseccomp cannot be configured:\n${log}")
    endif()
    set(libraries ${build}/libwolfssl.a ${build}/libnl.a ${build}/libseccomp.a)
    add_custom_target(deps COMMAND ${lock} ${CMAKE_COMMAND} --build ${build} -- --quiet
        BYPRODUCTS ${libraries} COMMENT "wolfSSL, libnl and libseccomp (${flavour})" VERBATIM)

    # Interface libraries that carry the include path, the archive and the order of the build.
    foreach(name wolfssl libnl seccomp)
        add_library(${name} INTERFACE)
        add_dependencies(${name} deps)
    endforeach()
    target_include_directories(wolfssl SYSTEM INTERFACE ${build}/include ${CMAKE_SOURCE_DIR}/cmake/deps
        ${wolfssl_tree})
    target_compile_definitions(wolfssl INTERFACE WOLFSSL_USER_SETTINGS)
    # libm: the Diffie-Hellman code sizes its keys with log() and pow().
    target_link_libraries(wolfssl INTERFACE ${build}/libwolfssl.a m)
    target_include_directories(libnl SYSTEM INTERFACE ${build}/include ${libnl_tree}/include)
    target_link_libraries(libnl INTERFACE ${build}/libnl.a)
    target_include_directories(seccomp SYSTEM INTERFACE ${build}/include ${libseccomp_tree}/include)
    target_link_libraries(seccomp INTERFACE ${build}/libseccomp.a)

    source_origin(${wolfssl_tree} wolfssl origin)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
        string(APPEND origin ", intelasm")
    else()
        string(APPEND origin ", without AES acceleration")
        message(WARNING "wolfSSL is compiled without assembly for ${CMAKE_SYSTEM_PROCESSOR}")
    endif()
    set(SSTPTUN_WOLFSSL_ORIGIN "${origin}" PARENT_SCOPE)
    source_origin(${libnl_tree} libnl origin)
    set(SSTPTUN_LIBNL_ORIGIN "${origin}" PARENT_SCOPE)
    source_origin(${libseccomp_tree} libseccomp origin)
    set(SSTPTUN_LIBSECCOMP_ORIGIN "${origin}" PARENT_SCOPE)
endfunction()

if(SSTPTUN_SYSTEM_LIBS)
    use_system_libraries()
else()
    use_sources()
endif()
message(STATUS "wolfSSL: ${SSTPTUN_WOLFSSL_ORIGIN}")
message(STATUS "libnl: ${SSTPTUN_LIBNL_ORIGIN}")
message(STATUS "libseccomp: ${SSTPTUN_LIBSECCOMP_ORIGIN}")
