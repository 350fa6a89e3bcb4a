#include "app/client.hpp"

#include "model/json.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace tutti::app {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;

std::unexpected<Refusal> refused(ErrorKind kind, std::string seen, const std::string& where, std::string remedy) {
    return std::unexpected(Refusal{{kind, std::move(seen), where, std::move(remedy)}, "daemon-unreachable", nullptr});
}

std::string text_of(const boost::json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

ErrorKind kind_of(const std::string& text) {
    for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i)
        if (text == to_string(static_cast<ErrorKind>(i))) return static_cast<ErrorKind>(i);
    return ErrorKind::internal;
}

Refusal read_problem(Json document) {
    const auto& o = document.as_object();
    Refusal out{{kind_of(text_of(o, "kind")), text_of(o, "seen"), text_of(o, "where"), text_of(o, "remedy")},
                text_of(o, "code"),
                {}};
    out.document = std::move(document);
    return out;
}

} // namespace

std::expected<Json, Refusal> Client::get_all(const std::string& path, std::string_view field) const {
    auto out = get(path);
    while (out && out->as_object().contains("next")) {
        const auto cursor = text_of(out->as_object(), "next");
        auto more = get(path + (path.contains('?') ? "&" : "?") + "cursor=" + escaped(cursor));
        if (!more) return more;
        auto& list = more->as_object()[field].as_array();
        auto& all = out->as_object()[field].as_array();
        all.insert(all.end(), list.begin(), list.end());
        out->as_object().erase("next");
        if (const auto* next = more->as_object().if_contains("next")) out->as_object()["next"] = *next;
    }
    return out;
}

std::expected<Json, Refusal> Client::call(const std::string& method, const std::string& path,
                                          const boost::json::object* body) const {
    boost::system::error_code ec;
    asio::io_context io;
    Local::socket socket(io);
    socket.connect(Local::endpoint(socket_), ec);
    if (ec)
        return refused(ErrorKind::unreachable, "the daemon does not answer (" + ec.message() + ")", socket_,
                       "start it with `tutti serve --config FILE`, or name its socket with --socket or $TUTTI_SOCKET");
    http::request<http::string_body> request(http::string_to_verb(method), path, 11);
    request.set(http::field::host, "tutti");
    request.keep_alive(false);
    if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
    if (body != nullptr) {
        request.set(http::field::content_type, "application/json");
        request.body() = serialize(*body);
    }
    request.prepare_payload();
    http::write(socket, request, ec);
    http::response_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    beast::flat_buffer buffer;
    if (!ec) http::read(socket, buffer, parser, ec);
    if (ec)
        return refused(ErrorKind::unknown_outcome, "the daemon went away before it answered (" + ec.message() + ")",
                       socket_, "look at its log, and at the state of the zone");
    if (parser.get()[http::field::content_type].starts_with("text/plain")) return Json(parser.get().body());
    auto value = model::parse_json(parser.get().body());
    if (!value) return refused(ErrorKind::bad_answer, "this is no answer of tutti: " + value.error().seen, socket_, "");
    if (parser.get().result_int() >= 400 && value->is_object()) return std::unexpected(read_problem(*std::move(value)));
    return *std::move(value);
}

} // namespace tutti::app
