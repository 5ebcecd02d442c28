# SPDX-License-Identifier: GPL-2.0-or-later
# The version is what git describe says about this very tree; without git history, or when the tree is
# merely inside somebody else's checkout, the literal of the top CMakeLists.txt.
set(SSTPTUN_VERSION ${SSTPTUN_FALLBACK_VERSION})
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --tags --match "v[0-9]*" --dirty
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
        ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed AND described)
        string(REGEX REPLACE "^v" "" SSTPTUN_VERSION "${described}")
    endif()
endif()
message(STATUS "sstptun ${SSTPTUN_VERSION}")
