# Installs the client library into an empty folder, then builds and runs a program that knows of nothing else.
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

# No header of the library's inside is needed, nor installed.
file(GLOB_RECURSE headers ${prefix}/include/*)
foreach(header IN LISTS headers)
  file(STRINGS ${header} leaks REGEX "#include <(boost|thrift)|#include \"(thrift|sdk)/")
  if(leaks)
    message(FATAL_ERROR "${header} shows what the library is made of: ${leaks}")
  endif()
endforeach()

# Elsewhere, so that nothing of this tree can be found by accident.
file(COPY ${SOURCE}/program DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S ${WORK}/program -B ${WORK}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS} -Wall -Wextra -Wconversion -Werror")
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/outside)
