#include "model/json_out.hpp"

#include <cmath>

namespace tutti::model::json_io {

std::string kind_of(const json::value& v) {
    switch (v.kind()) {
    case json::kind::null:
        return "null";
    case json::kind::bool_:
        return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
        return "a number";
    case json::kind::string:
        return "a string";
    case json::kind::array:
        return "an array";
    case json::kind::object:
        return "an object";
    }
    return "something else";
}

void append(std::string& out, std::string_view text) {
    const auto plain = [](char c) { return c >= 0x20 && c != 0x7f && c != '"' && c != '\\'; }; // ASCII
    if (!std::ranges::all_of(text, plain)) {
        out += json::serialize(json::string_view{utf8(text)});
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

void append(std::string& out, const json::value& v) {
    if (const auto* text = v.if_string())
        append(out, std::string_view{*text});
    else if (const auto* number = v.if_int64())
        out += std::to_string(*number);
    else
        out += json::serialize(v);
}

json::value write_instant(Instant t) {
    if (t == kNever) return nullptr;
    if (t == kLongAgo) return "long-ago";
    return t.time_since_epoch().count();
}

void read_instant(Context& c, const json::value& v, Instant& out) {
    if (v.is_null()) {
        out = kNever;
    } else if (const auto* text = v.if_string(); text != nullptr && *text == "long-ago") {
        out = kLongAgo;
    } else {
        std::int64_t us = 0;
        read_integer(c, v, kLongAgo.time_since_epoch().count(), kNever.time_since_epoch().count(), us);
        out = Instant{Duration{us}};
    }
}

void read_string(Context& c, const json::value& v, std::string& out) {
    if (const auto* text = v.if_string())
        out.assign(text->data(), text->size());
    else
        c.fail("expected a string, found " + kind_of(v));
}

void read_number(Context& c, const json::value& v, double& out) {
    if (!v.is_number()) return c.fail("expected a number, found " + kind_of(v));
    out = v.to_number<double>();
    // Durations are counted in microseconds: keep them far from overflow.
    if (!(std::abs(out) < 1e12)) c.fail("this number is too large");
}

void read_integer(Context& c, const json::value& v, std::int64_t lowest, std::int64_t highest, std::int64_t& out) {
    const auto range = " from " + std::to_string(lowest) + " to " + std::to_string(highest);
    if (!v.is_int64() && !v.is_uint64()) return c.fail("expected a whole number" + range + ", found " + kind_of(v));
    if (v.is_uint64()) {
        if (v.get_uint64() > static_cast<std::uint64_t>(highest)) return c.fail("expected a whole number" + range);
        out = static_cast<std::int64_t>(v.get_uint64());
    } else {
        out = v.get_int64();
    }
    if (out < lowest || out > highest) c.fail("expected a whole number" + range + ", found " + std::to_string(out));
}

json::value write_leaf(const dns::Name& v) {
    return json::value(json::string(v.text()));
}

json::value write_leaf(const dnssec::Dnskey& v) {
    return json::value(json::string(dns::rdata_text(dns::Type::DNSKEY, v.rdata())));
}

json::value write_leaf(const dnssec::Ds& v) {
    return json::value(json::string(dns::rdata_text(dns::Type::DS, v.rdata())));
}

void read_leaf(Context& c, const json::value& v, dns::Name& out) {
    std::string text;
    read_string(c, v, text);
    if (c.error) return;
    if (text.empty()) return c.fail("expected a domain name, found an empty string");
    auto name = dns::Name::parse(text);
    if (!name) return c.fail(name.error().seen, name.error().remedy);
    out = *std::move(name);
}

namespace {

// Presentation text of `type`, through `make`, into `out`.
template <class T, class Make>
void read_rdata(Context& c, const json::value& v, dns::Type type, Make make, T& out) {
    std::string text;
    read_string(c, v, text);
    if (c.error) return;
    auto rdata = dns::parse_rdata(type, text);
    if (!rdata) return c.fail(rdata.error().seen, rdata.error().remedy);
    auto value = make(*rdata);
    if (!value) return c.fail(value.error().seen, value.error().remedy);
    out = *std::move(value);
}

} // namespace

void read_leaf(Context& c, const json::value& v, dnssec::Dnskey& out) {
    read_rdata(c, v, dns::Type::DNSKEY, dnssec::parse_dnskey, out);
}

void read_leaf(Context& c, const json::value& v, dnssec::Ds& out) {
    read_rdata(c, v, dns::Type::DS, dnssec::parse_ds, out);
}

void Reader::finish() {
    if (context_.error) return;
    for (const auto& [name, value] : in_) {
        if (std::ranges::find(known_, std::string_view(name)) != known_.end()) continue;
        std::string allowed;
        for (const auto& k : known_) allowed += (allowed.empty() ? "" : ", ") + k;
        Step step(context_, std::string_view(name));
        return context_.fail("this field is unknown", "the fields here are: " + allowed);
    }
}

} // namespace tutti::model::json_io
