# tutti_module(folder DEPS a b LIBS x y): one folder = one static library tutti_<name>, one namespace, and one
# test program <name>_test made of the *_test.cpp beside the code.
add_library(tutti_flags INTERFACE)
target_compile_options(tutti_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wmissing-prototypes -Wunused-member-function -Werror
  -Wno-missing-designated-field-initializers  # what is left out has its default: that is the point of naming fields
  -Wno-deprecated-declarations)               # std::stable_sort of libstdc++ 12 uses get_temporary_buffer

# tutti_test(name label LIBS x y SOURCES ...): a GoogleTest program, run by ctest under `label` (unit, contract).
function(tutti_test name label)
  cmake_parse_arguments(T "" "" "LIBS;SOURCES" ${ARGN})
  add_executable(${name}_test ${T_SOURCES})
  target_link_libraries(${name}_test PRIVATE tutti_flags ${T_LIBS} GTest::gmock GTest::gtest_main rapidcheck)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 600 ENVIRONMENT
    "ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

function(tutti_module folder)
  cmake_parse_arguments(M "" "" "DEPS;LIBS" ${ARGN})
  get_filename_component(name ${folder} NAME)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER all EXCLUDE REGEX "(_test|/main)\\.cpp$")
  if(all)
    set(scope PUBLIC)
    add_library(tutti_${name} STATIC ${all})
    target_link_libraries(tutti_${name} PRIVATE tutti_flags)
    # A build for tests optimizes only what they run a million times: the rest is quicker to run than to compile.
    if(name IN_LIST TUTTI_OPTIMIZE)
      target_compile_options(tutti_${name} PRIVATE -O1)
    endif()
  else()  # headers only
    set(scope INTERFACE)
    add_library(tutti_${name} INTERFACE)
  endif()
  # Includes are written "folder/file.hpp" for src/* and "sim/file.hpp", "app/file.hpp" for the others.
  target_include_directories(tutti_${name} ${scope} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  list(TRANSFORM M_DEPS PREPEND tutti_)
  target_link_libraries(tutti_${name} ${scope} ${M_DEPS} ${M_LIBS})
  if(tests)
    tutti_test(${name} unit LIBS tutti_${name} SOURCES ${tests})
  endif()
endfunction()
