// Text to JSON, strictly. Boost.JSON keeps the last of duplicate names silently; two readers of one document could
// then disagree, so a first pass over the text looks for them.
#include "model/json.hpp"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include <set>

namespace tutti::model {

namespace json = boost::json;

namespace {

// What basic_parser calls; only names in objects matter here.
struct DuplicateFinder {
    static constexpr std::size_t max_object_size = 65536;
    static constexpr std::size_t max_array_size = 65536;
    static constexpr std::size_t max_key_size = 65536;
    static constexpr std::size_t max_string_size = 16 * 1024 * 1024;

    std::vector<std::set<std::string, std::less<>>> names;
    std::string key, duplicate;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) {
        names.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, json::error_code&) {
        names.pop_back();
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t, json::error_code&) { return true; }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        key += part;
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
        key += part;
        if (!names.back().insert(key).second) {
            duplicate = key;
            ec = json::error::syntax;
            return false;
        }
        key.clear();
        return true;
    }
    bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
    bool on_double(double, json::string_view, json::error_code&) { return true; }
    bool on_bool(bool, json::error_code&) { return true; }
    bool on_null(json::error_code&) { return true; }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::string at_offset(std::size_t offset) {
    return "JSON, octet " + std::to_string(offset);
}

// The length of the UTF-8 sequence at the start of `text`; 0 if there is none (RFC 3629 section 4).
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto in = [&](std::size_t i, unsigned low, unsigned high) { return at(i) >= low && at(i) <= high; };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
        return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
        return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

} // namespace

std::string utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0)
            out += "\xEF\xBF\xBD";
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

Expected<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = 32;
    json::basic_parser<DuplicateFinder> finder(options);
    json::error_code ec;
    const std::size_t read = finder.write_some(false, text.data(), text.size(), ec);
    if (!finder.handler().duplicate.empty())
        return fail(ErrorKind::invalid, "the name \"" + finder.handler().duplicate + "\" appears twice in one object",
                    at_offset(read));
    if (ec) return fail(ErrorKind::invalid, "this is not JSON (" + ec.message() + ")", at_offset(read));
    if (read != text.size()) return fail(ErrorKind::invalid, "text after the end of the JSON value", at_offset(read));
    auto value = json::parse(text, ec, {}, options);
    if (ec) return fail(ErrorKind::invalid, "this is not JSON (" + ec.message() + ")", "JSON");
    return value;
}

} // namespace tutti::model
