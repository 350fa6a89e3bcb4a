#include "epp/xml.hpp"

#include "epp/namespaces.hpp"

#include <fmt/format.h>
#include <libxml/chvalid.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <memory>

namespace tutti::epp {

namespace {

struct FreeContext {
    void operator()(xmlParserCtxtPtr p) const { xmlFreeParserCtxt(p); }
};
struct FreeDoc {
    void operator()(xmlDocPtr p) const { xmlFreeDoc(p); }
};
using Context = std::unique_ptr<xmlParserCtxt, FreeContext>;
using Doc = std::unique_ptr<xmlDoc, FreeDoc>;

const xmlChar* xml_chars(const std::string& text) {
    return reinterpret_cast<const xmlChar*>(text.c_str());
}
std::string text_of(const xmlChar* p) {
    return p == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(p)};
}

// Nothing that a document type can define is wanted: not entities that grow, not files that are read.
void refuse_doctype(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    xmlStopParser(static_cast<xmlParserCtxtPtr>(context));
}
void say_nothing(void*, const char*, ...) {}

void strip(std::string& text) {
    constexpr std::string_view white = " \t\r\n";
    const auto first = text.find_first_not_of(white);
    if (first == std::string::npos) return text.clear();
    text.erase(text.find_last_not_of(white) + 1);
    text.erase(0, first);
}

// Copies a node and what is below it; false when a bound is passed.
bool copy(const xmlNode* node, Element& out, int depth, std::size_t& count) {
    if (depth > kMaxDepth || ++count > kMaxElements) return false;
    out.name = text_of(node->name);
    if (node->ns != nullptr) out.ns = text_of(node->ns->href);
    for (const xmlAttr* a = node->properties; a != nullptr; a = a->next) {
        std::string value;
        for (const xmlNode* t = a->children; t != nullptr; t = t->next) value += text_of(t->content);
        if (a->ns == nullptr) out.attributes.emplace_back(text_of(a->name), std::move(value));
    }
    for (const xmlNode* n = node->children; n != nullptr; n = n->next) {
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) out.text += text_of(n->content);
        if (n->type == XML_ELEMENT_NODE && !copy(n, out.children.emplace_back(), depth + 1, count)) return false;
    }
    strip(out.text);
    return true;
}

std::string reason(xmlParserCtxtPtr context) {
    if (context->errNo == XML_ERR_USER_STOP) return "it has a DOCTYPE, which EPP does not use";
    std::string message = text_of(reinterpret_cast<const xmlChar*>(context->lastError.message));
    strip(message);
    return message.empty() ? "it is not well-formed" : message;
}

// ---- writing ----

// XML 1.0 2.2: not every character of Unicode can be written, not even as a reference. libxml2 itself takes UTF-8 that
// is too long for its character, or begins in the middle of one; a reader does not.
bool printable(const std::string& text) {
    const xmlChar* at = xml_chars(text);
    for (std::size_t left = text.size(); left > 0;) {
        int size = static_cast<int>(std::min<std::size_t>(left, 4));
        const int c = xmlGetUTF8Char(at, &size);
        const int shortest = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (c < 0 || !xmlIsCharQ(c) || size != shortest || (*at & 0xc0) == 0x80) return false;
        at += size;
        left -= static_cast<std::size_t>(size);
    }
    return true;
}

std::string prefix_of(std::string_view ns) {
    for (const auto& [uri, prefix] : kPrefixes)
        if (uri == ns) return std::string{prefix};
    return "x";
}

bool build(xmlDocPtr doc, xmlNodePtr parent, const Element& element) {
    if (!printable(element.text)) return false;
    xmlNodePtr node = xmlNewDocNode(doc, nullptr, xml_chars(element.name), nullptr);
    if (node == nullptr) return false;
    if (parent == nullptr)
        xmlDocSetRootElement(doc, node);
    else
        xmlAddChild(parent, node);
    xmlNsPtr ns = xmlSearchNsByHref(doc, node, xml_chars(element.ns));
    if (ns == nullptr) {
        const std::string prefix = prefix_of(element.ns);
        ns = xmlNewNs(node, xml_chars(element.ns), prefix.empty() ? nullptr : xml_chars(prefix));
    }
    xmlSetNs(node, ns);
    for (const auto& [name, value] : element.attributes) {
        if (!printable(value)) return false;
        xmlNewProp(node, xml_chars(name), xml_chars(value));
    }
    if (!element.text.empty()) xmlAddChild(node, xmlNewDocText(doc, xml_chars(element.text)));
    return std::ranges::all_of(element.children, [&](const Element& c) { return build(doc, node, c); });
}

} // namespace

const Element* Element::child(std::string_view local) const {
    const auto found = std::ranges::find_if(children, [&](const Element& c) { return c.is(ns, local); });
    return found == children.end() ? nullptr : &*found;
}

std::vector<const Element*> Element::all(std::string_view local) const {
    std::vector<const Element*> out;
    for (const auto& c : children)
        if (c.is(ns, local)) out.push_back(&c);
    return out;
}

const std::string* Element::attribute(std::string_view local) const {
    const auto found = std::ranges::find_if(attributes, [&](const auto& a) { return a.first == local; });
    return found == attributes.end() ? nullptr : &found->second;
}

Expected<Element> parse_xml(std::string_view text) {
    const auto bad = [](const std::string& why) {
        return fail(ErrorKind::bad_answer, "not a usable XML document: " + why);
    };
    if (text.empty()) return bad("it is empty");
    if (text.size() > kMaxXml) return bad(fmt::format("{} octets, more than {}", text.size(), kMaxXml));
    const Context context{xmlNewParserCtxt()};
    if (!context) return fail(ErrorKind::internal, "no memory for an XML parser");
    context->sax->internalSubset = refuse_doctype;
    context->sax->externalSubset = refuse_doctype;
    context->sax->error = say_nothing;
    context->sax->warning = say_nothing;
    context->sax->serror = nullptr;
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    // RFC 5730 5 recommends UTF-8; whatever else a document declares, it is read as UTF-8 and has to be it.
    const Doc doc{
        xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, "UTF-8", kOptions)};
    if (!doc || context->wellFormed == 0 || context->errNo == XML_ERR_USER_STOP) return bad(reason(context.get()));
    const xmlNode* root = xmlDocGetRootElement(doc.get());
    if (root == nullptr) return bad("it has no element");
    Element out;
    std::size_t count = 0;
    if (!copy(root, out, 1, count))
        return bad(fmt::format("it has more than {} elements or {} levels", kMaxElements, kMaxDepth));
    return out;
}

Expected<std::string> to_xml(const Element& root) {
    const Doc doc{xmlNewDoc(reinterpret_cast<const xmlChar*>("1.0"))};
    if (!doc || !build(doc.get(), nullptr, root))
        return fail(ErrorKind::invalid, "a text has characters that XML cannot carry", root.name);
    xmlChar* buffer = nullptr;
    int size = 0;
    xmlDocDumpMemoryEnc(doc.get(), &buffer, &size, "UTF-8");
    std::string out(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(size));
    xmlFree(buffer);
    return out;
}

} // namespace tutti::epp
