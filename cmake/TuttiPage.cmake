# The page (web/), built by vite and put into tutti_serve as an array. Without node and npm the program is built without it.
find_program(NODE_PROGRAM NAMES node nodejs)
find_program(NPM_PROGRAM npm)
option(TUTTI_PAGE "Build the page, which needs node, npm and its registry" ON)

function(tutti_page target)
  set(web ${PROJECT_SOURCE_DIR}/web)
  if(NOT (TUTTI_PAGE AND NODE_PROGRAM AND NPM_PROGRAM))
    message(STATUS "without the page: it needs node and npm, and TUTTI_PAGE=ON")
    target_sources(${target} PRIVATE ${web}/without_page.cpp)
    return()
  endif()
  set(built ${PROJECT_BINARY_DIR}/web)
  set(installed ${web}/node_modules/.package-lock.json) # npm writes it last
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/* ${web}/docs/*)
  add_custom_command(OUTPUT ${installed}
    COMMAND ${NPM_PROGRAM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    DEPENDS ${web}/package.json ${web}/package-lock.json
    WORKING_DIRECTORY ${web} COMMENT "What the page is built with, from npm's registry (or: cmake -DTUTTI_PAGE=OFF)" VERBATIM)
  add_custom_command(OUTPUT ${built}/page_files.cpp
    COMMAND ${CMAKE_COMMAND} -E env TUTTI_PAGE_OUT=${built}/dist ${NODE_PROGRAM} node_modules/vite/bin/vite.js build --logLevel warn
    COMMAND ${NODE_PROGRAM} docs.mjs ${built}/dist/docs
    COMMAND ${NODE_PROGRAM} embed.mjs ${built}/dist ${built}/page_files.cpp
    DEPENDS ${sources} ${installed} ${web}/index.html ${web}/vite.config.js ${web}/svelte.config.js ${web}/embed.mjs
            ${web}/docs.mjs ${PROJECT_SOURCE_DIR}/api/openapi.yaml
    WORKING_DIRECTORY ${web} COMMENT "The page" VERBATIM)
  target_sources(${target} PRIVATE ${built}/page_files.cpp)
endfunction()
