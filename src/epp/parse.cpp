#include "epp/parse.hpp"

#include "epp/namespaces.hpp"
#include "epp/parse_objects.hpp"

namespace tutti::epp {

namespace {

std::vector<std::string> texts(const Element& parent, std::string_view name) {
    std::vector<std::string> out;
    for (const Element* e : parent.all(name)) out.push_back(e->text);
    return out;
}

Greeting read_greeting(Reading& r, const Element& e) {
    Greeting g{.server = r.text(e, "svID"), .date = r.text(e, "svDate")};
    const Element* menu = r.need(e, "svcMenu");
    if (menu == nullptr) return g;
    g.versions = texts(*menu, "version");
    g.languages = texts(*menu, "lang");
    g.objects = texts(*menu, "objURI");
    if (const Element* extension = menu->child("svcExtension")) g.extensions = texts(*extension, "extURI");
    if (g.versions.empty() || g.languages.empty() || g.objects.empty())
        r.wrong("the greeting does not say which version, language and objects the server has");
    return g;
}

// What stands in a <value>: usually the element of the command that was not liked.
std::string flat(const Element& e) {
    std::string out = e.text;
    for (const auto& c : e.children) out += (out.empty() ? "" : " ") + c.name + (c.text.empty() ? "" : "=") + flat(c);
    return out.substr(0, 500);
}

Result read_result(Reading& r, const Element& e) {
    Result out{.code = r.num(r.attribute(e, "code"), 9999, "the result code"), .message = r.text(e, "msg")};
    if (out.code < 1000) r.wrong(fmt::format("{} is not a result code", out.code));
    for (const auto& c : e.children) {
        if (c.is(kEpp, "value")) out.details.push_back(flat(c));
        if (!c.is(kEpp, "extValue")) continue;
        const Element* value = r.need(c, "value");
        const std::string why = r.text(c, "reason");
        out.details.push_back(value == nullptr || flat(*value).empty() ? why : flat(*value) + ": " + why);
    }
    return out;
}

Queued read_queue(Reading& r, const Element& e) {
    Queued out{.count = r.num(r.attribute(e, "count"), ~std::uint64_t{0}, "the number of messages"),
               .id = r.attribute(e, "id"),
               .date = r.optional_text(e, "qDate"),
               .message = {}};
    if (const Element* message = e.child("msg")) out.message = flat(*message);
    if (out.id.empty()) r.wrong("a queued message has no id");
    return out;
}

Response read_response(Reading& r, const Element& e) {
    Response out;
    for (const Element* result : e.all("result")) out.results.push_back(read_result(r, *result));
    if (out.results.empty()) {
        r.wrong("the response has no result");
        out.results.emplace_back();
    }
    if (const Element* queue = e.child("msgQ")) out.queue = read_queue(r, *queue);
    if (const Element* data = e.child("resData"))
        for (const auto& c : data->children) read_object(r, c, out);
    if (const Element* extension = e.child("extension"))
        for (const auto& c : extension->children) read_extension(r, c, out);
    if (const Element* ids = r.need(e, "trID")) {
        out.client_id = r.optional_text(*ids, "clTRID");
        out.server_id = r.text(*ids, "svTRID");
    }
    return out;
}

} // namespace

Expected<ServerFrame> parse_server_frame(std::string_view xml) {
    auto root = parse_xml(xml);
    if (!root) return std::unexpected(std::move(root.error()));
    if (!root->is(kEpp, "epp"))
        return fail(ErrorKind::bad_answer,
                    fmt::format("not an EPP frame: it is <{}> of \"{}\"", root->name, root->ns.substr(0, 80)));
    if (root->children.size() != 1) return fail(ErrorKind::bad_answer, "an EPP frame has one element below <epp>");
    const Element& body = root->children.front();
    Reading r;
    ServerFrame out;
    if (body.is(kEpp, "greeting"))
        out = read_greeting(r, body);
    else if (body.is(kEpp, "response"))
        out = read_response(r, body);
    else
        r.wrong(fmt::format("a server does not send <{}>", body.name));
    if (r.failed()) return std::unexpected(r.error());
    return out;
}

} // namespace tutti::epp
