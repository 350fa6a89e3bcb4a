#include "serve/body.hpp"

#include "model/json_io.hpp"
#include "port/nearest.hpp"

#include <algorithm>

namespace tutti::serve {

void Body::fault(std::string_view key, std::string seen, std::string remedy) {
    if (!problem_)
        problem_ =
            Problem("body-invalid", Error{ErrorKind::invalid, std::move(seen), std::string(key), std::move(remedy)});
}

const Json* Body::value(std::string_view key) {
    known_.emplace_back(key);
    return fields_.if_contains(key);
}

std::string Body::text(std::string_view key, std::string_view absent) {
    const auto* v = value(key);
    if (v == nullptr) return std::string(absent);
    if (const auto* s = v->if_string()) return std::string(*s);
    fault(key, "expected a string, found " + model::json_io::kind_of(*v));
    return {};
}

std::string Body::required_text(std::string_view key) {
    auto out = text(key);
    if (out.empty()) fault(key, "it is missing or empty");
    return out;
}

bool Body::flag(std::string_view key, bool absent) {
    const auto* v = value(key);
    if (v == nullptr) return absent;
    if (const auto* b = v->if_bool()) return *b;
    fault(key, "expected true or false, found " + model::json_io::kind_of(*v));
    return absent;
}

std::optional<std::vector<std::string>> Body::texts(std::string_view key) {
    const auto* v = value(key);
    if (v == nullptr) return std::nullopt;
    auto out = model::json_io::parse<std::vector<std::string>>(*v, std::string(key));
    if (out) return *out;
    fault(out.error().where, out.error().seen, out.error().remedy);
    return std::nullopt;
}

Result<void> Body::finish() {
    for (const auto& field : fields_) {
        const std::string name(field.key());
        if (std::ranges::find(known_, name) == known_.end())
            fault(name, "this field is unknown", port::suggestion(name, known_, "no fields are expected"));
    }
    if (problem_) return std::unexpected(*problem_);
    return {};
}

} // namespace tutti::serve
