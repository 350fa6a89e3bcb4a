// What is built where there is no node: see cmake/TuttiPage.cmake.
#include "serve/page_files.hpp"

namespace tutti::serve {

std::span<const PageFile> page_files() {
    return {};
}

} // namespace tutti::serve
