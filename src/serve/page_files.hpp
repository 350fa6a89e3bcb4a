#pragma once
// The files of the page (web/), as they were built into the program.
#include <span>
#include <string_view>

namespace tutti::serve {

struct PageFile {
    std::string_view path; // "/" or "/assets/index-1a2b3c.js"
    std::string_view type; // content type
    std::string_view etag; // with its quotes
    std::string_view gzipped;
};

// Empty when the program was built without the page.
std::span<const PageFile> page_files();

} // namespace tutti::serve
