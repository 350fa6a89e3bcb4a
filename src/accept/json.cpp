#include "accept/json.hpp"

#include "model/json_out.hpp"

namespace tutti::model::json_io {

using namespace accept;

template <>
struct EnumNames<Trigger> {
    using enum Trigger;
    static constexpr std::pair<Trigger, std::string_view> all[] = {
        {scan, "scan"}, {notify, "notify"}, {new_ns, "new-ns"}, {walk, "walk"}, {manual, "manual"}};
};
template <>
struct EnumNames<Subject> {
    static constexpr std::pair<Subject, std::string_view> all[] = {{Subject::ds, "ds"}, {Subject::csync, "csync"}};
};
template <>
struct EnumNames<Outcome> {
    using enum Outcome;
    static constexpr std::pair<Outcome, std::string_view> all[] = {
        {not_asked, "not-asked"}, {records, "records"},     {nodata, "nodata"},
        {nxdomain, "nxdomain"},   {timeout, "timeout"},     {unreachable, "unreachable"},
        {refused, "refused"},     {servfail, "servfail"},   {other_rcode, "other-rcode"},
        {lame, "lame"},           {malformed, "malformed"}, {mismatched, "mismatched"},
        {too_big, "too-big"},     {forbidden, "forbidden"}};
};
template <>
struct EnumNames<Transport> {
    using enum Transport;
    static constexpr std::pair<Transport, std::string_view> all[] = {{none, "none"}, {udp, "udp"}, {tcp, "tcp"}};
};
template <>
struct EnumNames<Resolution> {
    using enum Resolution;
    static constexpr std::pair<Resolution, std::string_view> all[] = {
        {resolved, "resolved"}, {glue, "glue"},     {no_address, "no-address"},
        {bogus, "bogus"},       {failed, "failed"}, {not_tried, "not-tried"}};
};
template <>
struct EnumNames<Security> {
    using enum Security;
    static constexpr std::pair<Security, std::string_view> all[] = {
        {secure, "secure"}, {insecure, "insecure"}, {bogus, "bogus"}, {unknown, "unknown"}};
};
template <>
struct EnumNames<Channel> {
    using enum Channel;
    static constexpr std::pair<Channel, std::string_view> all[] = {
        {in_band, "in-band"}, {epp, "epp"}, {web, "web"}, {unknown, "unknown"}};
};
template <>
struct EnumNames<OffersDisable> {
    using enum OffersDisable;
    static constexpr std::pair<OffersDisable, std::string_view> all[] = {
        {unknown, "unknown"}, {yes, "yes"}, {no, "no"}};
};
template <>
struct EnumNames<accept::Decision> {
    using enum accept::Decision;
    static constexpr std::pair<accept::Decision, std::string_view> all[] = {
        {accept, "accept"}, {no_change, "no-change"}, {reject, "reject"}, {retry, "retry"}, {hold, "hold"}};
};
template <>
struct EnumNames<Kind> {
    using enum Kind;
    static constexpr std::pair<Kind, std::string_view> all[] = {
        {none, "none"}, {update, "update"}, {bootstrap, "bootstrap"}, {remove, "delete"}, {csync, "csync"}};
};
template <>
struct EnumNames<accept::Reason::Weight> {
    using enum accept::Reason::Weight;
    static constexpr std::pair<accept::Reason::Weight, std::string_view> all[] = {
        {decisive, "decisive"}, {warning, "warning"}, {note, "note"}};
};

template <>
struct Blank<dns::RrSet> {
    static dns::RrSet make() { return {dns::Name::root(), dns::Type::A, 0, {}}; }
};
template <>
struct Blank<SignedSet> {
    static SignedSet make() { return {Blank<dns::RrSet>::make(), {}}; }
};
template <>
struct Blank<HostSaid> {
    static HostSaid make() { return {dns::Name::root(), {}, {}}; }
};
template <>
struct Blank<Testimony> {
    static Testimony make() { return Testimony{.ns = dns::Name::root()}; }
};
template <>
struct Blank<Host> {
    static Host make() { return Host{.name = dns::Name::root()}; }
};
template <>
struct Blank<Signal> {
    static Signal make() { return Signal{.ns = dns::Name::root()}; }
};
template <>
struct Blank<Evidence> {
    static Evidence make() { return Evidence{.child = dns::Name::root()}; }
};
template <>
struct Blank<Glue> {
    static Glue make() { return Glue{dns::Name::root(), {}}; }
};

namespace {

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

template <class Io>
concept Writes = !std::same_as<Io, Reader>;

// RDATA as presentation text.
void rdata_field(Writes auto& io, std::string_view name, dns::Type type, const std::vector<dns::Rdata>& v) {
    std::vector<std::string> texts;
    for (const auto& rdata : v) texts.push_back(dns::rdata_text(type, rdata));
    io.field(name, texts, {});
}
void rdata_field(Reader& io, std::string_view name, dns::Type type, std::vector<dns::Rdata>& v) {
    std::vector<std::string> texts;
    io.field(name, texts, {});
    v.clear();
    for (const auto& text : texts) {
        auto rdata = dns::parse_rdata(type, text);
        if (!rdata) return io.fail(name, rdata.error());
        v.push_back(*std::move(rdata));
    }
}
void type_field(Writes auto& io, dns::Type type) {
    io.field("type", dns::to_string(type));
}
void type_field(Reader& io, dns::Type& type) {
    std::string text;
    io.field("type", text);
    if (const auto parsed = dns::parse_type(text))
        type = *parsed;
    else
        io.fail("type", parsed.error());
}

} // namespace

// ---- descriptions; found by argument-dependent lookup through Io ----

template <class Io, Is<dns::RrSet> T>
void describe(Io& io, T& v) {
    io.field("owner", v.owner);
    type_field(io, v.type);
    io.field("ttl", v.ttl);
    rdata_field(io, "rdata", v.type, v.rdata);
}
template <class Io, Is<SignedSet> T>
void describe(Io& io, T& v) {
    io.field("set", v.set);
    rdata_field(io, "rrsigs", dns::Type::RRSIG, v.rrsigs);
}
template <class Io, Is<Answer> T>
void describe(Io& io, T& v) {
    io.field("outcome", v.outcome);
    io.field("set", v.set, std::nullopt);
    rdata_field(io, "rrsigs", dns::Type::RRSIG, v.rrsigs);
    io.field("denial", v.denial, {});
    io.field("transport", v.transport, Transport::none);
    io.field("rtt_s", v.rtt, Duration{0});
    io.field("rcode", v.rcode, 0);
    io.field("detail", v.detail, "");
}
template <class Io, Is<HostSaid> T>
void describe(Io& io, T& v) {
    io.field("host", v.host);
    io.field("a", v.a, {});
    io.field("aaaa", v.aaaa, {});
}
template <class Io, Is<Testimony> T>
void describe(Io& io, T& v) {
    io.field("ns", v.ns);
    io.field("address", v.address);
    io.field("port", v.port, 53);
    io.field("vantage", v.vantage, "");
    io.field("cds", v.cds, {});
    io.field("cdnskey", v.cdnskey, {});
    io.field("dnskey", v.dnskey, {});
    io.field("soa", v.soa, {});
    io.field("soa_after", v.soa_after, {});
    io.field("csync", v.csync, {});
    io.field("ns_set", v.ns_set, {});
    io.field("hosts", v.hosts, {});
}
template <class Io, Is<Host> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("resolution", v.resolution);
    io.field("addresses", v.addresses, {});
    io.field("detail", v.detail, "");
}
template <class Io, Is<Signal> T>
void describe(Io& io, T& v) {
    io.field("ns", v.ns);
    io.field("vantage", v.vantage, "");
    io.field("name", v.name, std::nullopt);
    io.field("zone_cut", v.zone_cut, false);
    io.field("cds", v.cds, {});
    io.field("cds_security", v.cds_security, Security::unknown);
    io.field("cdnskey", v.cdnskey, {});
    io.field("cdnskey_security", v.cdnskey_security, Security::unknown);
}
template <class Io, Is<Evidence> T>
void describe(Io& io, T& v) {
    io.field("child", v.child);
    io.field("subject", v.subject);
    io.field("trigger", v.trigger);
    io.field("started_us", v.started);
    io.field("ended_us", v.ended);
    io.field("attempt", v.attempt, 0);
    io.field("hosts", v.hosts, {});
    io.field("servers", v.servers, {});
    io.field("signals", v.signals, {});
    io.field("candidates", v.candidates, {});
    io.field("work_limit", v.work_limit, "");
}
template <class Io, Is<Glue> T>
void describe(Io& io, T& v) {
    io.field("host", v.host);
    io.field("addresses", v.addresses);
}
template <class Io, Is<KeyAge> T>
void describe(Io& io, T& v) {
    io.field("tag", v.tag);
    io.field("algorithm", v.algorithm);
    io.field("inception_us", v.inception);
}
template <class Io, Is<Applied> T>
void describe(Io& io, T& v) {
    io.field("at_us", v.at);
    io.field("channel", v.channel);
    io.field("inception_us", v.inception, std::nullopt);
    io.field("by_key", v.by_key, {});
}
template <class Io, Is<CsyncDone> T>
void describe(Io& io, T& v) {
    io.field("serial", v.serial);
    io.field("hash", v.hash);
    io.field("inception_us", v.inception);
    io.field("by_key", v.by_key, {});
}
template <class Io, Is<Delay> T>
void describe(Io& io, T& v) {
    io.field("set", v.set);
    io.field("first_us", v.first);
    io.field("last_us", v.last);
    io.field("runs", v.runs);
}
template <class Io, Is<accept::Registry> T>
void describe(Io& io, T& v) {
    io.field("ns", v.ns);
    io.field("glue", v.glue, {});
    io.field("ds", v.ds, {});
    io.field("ds_ttl", v.ds_ttl, 3600);
    io.field("suspended", v.suspended, false);
    io.field("statuses", v.statuses, {});
    io.field("last_change", v.last_change, std::nullopt);
    io.field("last_csync", v.last_csync, std::nullopt);
    io.field("delay", v.delay, std::nullopt);
    io.field("registrar_offers_disable", v.registrar_offers_disable, OffersDisable::unknown);
}
template <class Io, Is<Change> T>
void describe(Io& io, T& v) {
    io.field("ds_add", v.ds_add, {});
    io.field("ds_remove", v.ds_remove, {});
    io.field("ns_add", v.ns_add, {});
    io.field("ns_remove", v.ns_remove, {});
    io.field("glue_add", v.glue_add, {});
    io.field("glue_remove", v.glue_remove, {});
    io.field("ds_ttl", v.ds_ttl, std::nullopt);
    io.field("ttl_restore_us", v.ttl_restore, std::nullopt);
}
template <class Io, Is<accept::Reason> T>
void describe(Io& io, T& v) {
    io.field("weight", v.weight);
    io.field("code", v.code);
    io.field("requirement", v.requirement);
    io.field("servers", v.servers, {});
    io.field("text", v.text);
}
template <class Io, Is<ServerRecord> T>
void describe(Io& io, T& v) {
    io.field("server", v.server);
    io.field("transport", v.transport);
    io.field("rtt_s", v.rtt, Duration{0});
    io.field("rcode", v.rcode, 0);
    io.field("hash", v.hash, "");
    io.field("inception_us", v.inception, std::nullopt);
    io.field("serial", v.serial, std::nullopt);
    io.field("says", v.says);
}
template <class Io, Is<Verdict> T>
void describe(Io& io, T& v) {
    io.field("decision", v.decision);
    io.field("kind", v.kind);
    io.field("change", v.change, {});
    io.field("look_again_us", v.look_again, std::nullopt);
    io.field("reasons", v.reasons);
    io.field("inception_us", v.inception, std::nullopt);
    io.field("by_key", v.by_key, {});
    io.field("csync", v.csync, std::nullopt);
    io.field("delay", v.delay, std::nullopt);
    io.field("servers", v.servers, {});
    io.field("tell_people", v.tell_people, false);
    io.field("verifications", v.verifications, 0);
    io.field("ede", v.ede, std::nullopt);
    io.field("report", v.report, "");
}

} // namespace tutti::model::json_io

namespace tutti::accept {

namespace io = model::json_io;

boost::json::value to_json(const Evidence& evidence) {
    return io::write(evidence);
}
boost::json::value to_json(const Registry& registry) {
    return io::write(registry);
}
boost::json::value to_json(const Verdict& verdict) {
    return io::write(verdict);
}

void append_json(std::string& out, const Evidence& evidence) {
    io::write_text(out, evidence);
}
void append_json(std::string& out, const Registry& registry) {
    io::write_text(out, registry);
}
void append_json(std::string& out, const Verdict& verdict) {
    io::write_text(out, verdict);
}

Expected<Evidence> evidence_from_json(const boost::json::value& v) {
    return io::parse<Evidence>(v, "evidence");
}
Expected<Registry> registry_from_json(const boost::json::value& v) {
    return io::parse<Registry>(v, "registry");
}
Expected<Verdict> verdict_from_json(const boost::json::value& v) {
    return io::parse<Verdict>(v, "verdict");
}

} // namespace tutti::accept
