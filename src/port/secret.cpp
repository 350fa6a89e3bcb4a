#include "port/secret.hpp"

#include <fmt/format.h>

namespace tutti::port {

namespace {

constexpr std::string_view kHow = "Write file:PATH, env:NAME or command:LINE";

bool is_variable_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    for (char c : name) {
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!letter) return false;
    }
    return true;
}

} // namespace

std::string SecretRef::text() const {
    switch (kind) {
    case Kind::file:
        return "file:" + value;
    case Kind::env:
        return "env:" + value;
    case Kind::command:
        return "command:" + value;
    }
    return {};
}

Expected<SecretRef> parse_secret_ref(std::string_view text) {
    const auto colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    const std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    SecretRef ref{SecretRef::Kind::file, std::string{value}};
    if (kind == "env")
        ref.kind = SecretRef::Kind::env;
    else if (kind == "command")
        ref.kind = SecretRef::Kind::command;
    else if (kind != "file") // the text is not repeated: it may be the secret itself, pasted by mistake
        return fail(ErrorKind::invalid, "a reference to a secret begins with file:, env: or command:", {},
                    std::string{kHow});
    if (value.empty() || value.contains('\0'))
        return fail(ErrorKind::invalid, fmt::format("nothing follows \"{}:\"", kind), {}, std::string{kHow});
    if (ref.kind == SecretRef::Kind::env && !is_variable_name(value))
        return fail(ErrorKind::invalid, "what follows \"env:\" is not the name of a variable", {}, std::string{kHow});
    return ref;
}

} // namespace tutti::port
