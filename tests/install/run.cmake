# Installs into an empty folder: the client library shows nothing of its inside, and the README's first program runs.
# cmake -DBUILD=… -DSOURCE=… -DWORK=… -DGENERATOR=… -DCOMPILER=… -DFLAGS=… -P run.cmake
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nfailed (${result}):\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component sdk)

# No header of the library's inside is needed, nor installed; Boost.Asio's are by those alone who ask for async calls.
file(GLOB_RECURSE headers ${prefix}/include/*)
list(FILTER headers EXCLUDE REGEX "/assent/(async|waiter)[.]h$")
foreach(header IN LISTS headers)
  file(STRINGS ${header} leaks REGEX "#include <(boost|thrift)|#include \"(thrift|sdk)/")
  if(leaks)
    message(FATAL_ERROR "${header} shows what the library is made of: ${leaks}")
  endif()
endforeach()

# The README's first program, elsewhere, so that nothing of this tree can be found by accident.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
set(ENV{CMAKE_GENERATOR} ${GENERATOR})
set(ENV{CXX} ${COMPILER})
set(ENV{CXXFLAGS} "${FLAGS} -Wall -Wextra -Wconversion -Werror")
file(MAKE_DIRECTORY ${WORK}/first)
run(${CMAKE_COMMAND} -E chdir ${WORK}/first ${SOURCE}/first_program.sh ${SOURCE}/../../README.md ${prefix})
