# SPDX-License-Identifier: MIT
# Puts web/dist (made by `npm run build`) into kiln_http, each file plain, gzipped and brotlied. Without web/dist the build
# works too: `/` then says how to make the user interface.
set(KILN_WEB_DIST "${CMAKE_SOURCE_DIR}/web/dist" CACHE PATH "The built user interface")
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${KILN_WEB_DIST}/*)

add_executable(embed_assets ${CMAKE_CURRENT_LIST_DIR}/tools/embed_assets.cpp)
target_link_libraries(embed_assets PRIVATE ZLIB::ZLIB PkgConfig::BROTLI)

set(assets_cpp ${CMAKE_BINARY_DIR}/assets/assets_table.cpp)
add_custom_command(
  OUTPUT ${assets_cpp}
  COMMAND embed_assets ${KILN_WEB_DIST} ${CMAKE_BINARY_DIR}/assets ${assets_cpp}
  DEPENDS embed_assets ${web_files}
  COMMENT "Embedding the user interface"
  VERBATIM)
target_sources(kiln_http PRIVATE ${assets_cpp})
# The files come in by the assembler, where ccache does not see them change.
set_source_files_properties(${assets_cpp} PROPERTIES CXX_COMPILER_LAUNCHER "" OBJECT_DEPENDS "${web_files}")
