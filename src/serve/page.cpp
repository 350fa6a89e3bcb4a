#include "serve/page.hpp"

#include "serve/page_files.hpp"

#include <algorithm>

namespace tutti::serve {

namespace {

// Nothing but what comes from here, and nobody may frame it. Pictures of the testbed are fetched with the token and
// shown as blob:.
constexpr auto kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr auto kWithout =
    "<!doctype html><html lang=\"en\"><title>Tutti</title><h1>Tutti</h1><p>This program was built without its page and "
    "the API's description, for which node and npm are needed. The API is at <code>/v1</code>, which lists "
    "what can be asked; the command line shows the same: <code>tutti zone list</code>.</p></html>\n";

// Swagger UI has its pictures in its style sheet.
constexpr auto kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Headers headers_of(const PageFile& file) {
    // Vite names assets by their content, so a name never means anything else.
    const bool named_by_content = file.path.starts_with("/assets/");
    return {{"Content-Security-Policy", file.path.starts_with("/docs") ? kDocsPolicy : kPolicy},
            {"Content-Encoding", "gzip"},
            {"ETag", std::string(file.etag)},
            {"Cache-Control", named_by_content ? "public, max-age=31536000, immutable" : "no-cache"}};
}

} // namespace

std::optional<Response> page(std::string_view path) {
    const auto files = page_files();
    if (files.empty() && (path == "/" || path == "/docs"))
        return Response{200, "text/html; charset=utf-8", kWithout, {{"Content-Security-Policy", kPolicy}}};
    const auto found = std::ranges::find(files, path, &PageFile::path);
    if (found == files.end()) return std::nullopt;
    return Response{200, std::string(found->type), std::string(found->gzipped), headers_of(*found)};
}

} // namespace tutti::serve
