#include "port/settings.hpp"

#include "model/json_io.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace tutti::port {

std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t port) {
    HostPort out{std::string{text}, port};
    if (text.starts_with('[') || std::ranges::count(text, ':') > 1) { // an IPv6 literal
        auto endpoint = parse_endpoint(text);
        if (!endpoint) return std::nullopt;
        return HostPort{endpoint->address, text.starts_with('[') && endpoint->port != 53 ? endpoint->port : port};
    }
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, out.port);
        if (error != std::errc{} || rest != end || out.port == 0) return std::nullopt;
        out.host.resize(colon);
    }
    const auto allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
    };
    if (out.host.empty() || !std::ranges::all_of(out.host, allowed)) return std::nullopt;
    return out;
}

namespace {

class Problems {
  public:
    void add(std::string field, std::string seen, std::string remedy) {
        out_.push_back(Error{ErrorKind::invalid, std::move(seen), std::move(field), std::move(remedy)});
    }
    void name(const std::string& text) {
        const auto allowed = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        };
        if (text.empty() || text.size() > 32 || !std::ranges::all_of(text, allowed) || text[0] == '-' || text[0] == '_')
            add("name", '"' + text + "\" is not a name",
                "a name has 1 to 32 of: a-z 0-9 - _, and starts with a letter or a digit");
    }
    void driver(const std::string& text, std::span<const std::string_view> allowed) {
        if (std::ranges::find(allowed, text) != allowed.end()) return;
        add("driver", text.empty() ? "there is no driver" : '"' + text + "\" is not a driver",
            "the drivers are: " + joined(allowed));
    }
    template <class T>
    void list(const char* field, const std::vector<T>& items, const char* what) {
        if (items.empty())
            return add(field, std::string("no ") + what + " is given", std::string("name every ") + what);
        std::set<T> once;
        for (const auto& item : items)
            if (!once.insert(item).second) add(field, item.text() + " is there twice", "name each one once");
    }
    void tsig(const std::optional<TsigSettings>& tsig) {
        if (!tsig) return add("tsig", "the driver rfc2136 needs a TSIG key", "set name, algorithm and secret of tsig");
        if (std::ranges::find(kTsigAlgorithms, tsig->algorithm) == std::end(kTsigAlgorithms))
            add("tsig", '"' + tsig->algorithm + "\" is not a TSIG algorithm", "use one of: " + joined(kTsigAlgorithms));
    }
    void epp(const std::optional<EppSettings>& epp) {
        if (!epp)
            return add("epp", "the driver epp needs to know the server", "set server, client and password of epp");
        if (!parse_host_port(epp->server, 700))
            add("epp.server", '"' + epp->server + "\" is not the address of a server", "use HOST or HOST:PORT");
        if (epp->client.size() < 3 || epp->client.size() > 16)
            add("epp.client", '"' + epp->client + "\" is not an identifier", "it has 3 to 16 characters");
        if (epp->certificate.empty() != !epp->key.has_value())
            add("epp.key", "certificate and key belong together", "give both, or neither");
        if (epp->interface != "ds" && epp->interface != "key")
            add("epp.interface", '"' + epp->interface + "\" is not an interface", "use ds or key (RFC 5910)");
        if (epp->sessions < 1 || epp->sessions > 100)
            add("epp.sessions", "the number of sessions is out of range", "use 1 to 100");
        if (epp->per_minute > 60000) add("epp.per_minute", "it is out of range", "use 0 (no limit) to 60000");
        if (epp->max_sig_life > 0x7fffffff)
            add("epp.max_sig_life", "it is out of range", "use 0 to 2147483647 seconds");
    }
    // What one driver needs, and the others do not use.
    void exactly(bool needed, const std::string& value, const char* field, const std::string& driver,
                 const char* remedy) {
        if (needed && value.empty()) add(field, "the driver " + driver + " needs it", remedy);
        if (!needed) unused(!value.empty(), field, driver);
    }
    // A setting that the driver does not read is a mistake of somebody.
    void unused(bool given, const char* field, const std::string& driver) {
        if (given) add(field, "the driver " + driver + " does not use this", "leave it out");
    }
    std::vector<Error> take() { return std::move(out_); }

  private:
    static std::string joined(std::span<const std::string_view> words) {
        std::string out;
        for (auto w : words) out += (out.empty() ? "" : ", ") + std::string(w);
        return out;
    }
    std::vector<Error> out_;
};

} // namespace

std::vector<Error> problems(const SignerSettings& s) {
    Problems p;
    p.name(s.name);
    p.driver(s.driver, kSignerDrivers);
    p.list("servers", s.servers, "server address");
    p.list("ns", s.ns, "NS name");
    if (s.driver == "rfc2136") {
        p.tsig(s.tsig);
        p.unused(!s.url.empty(), "url", s.driver);
        p.unused(s.api_key.has_value(), "api_key", s.driver);
    } else if (s.driver == "powerdns") {
        const bool web = s.url.starts_with("http://") || s.url.starts_with("https://");
        if (!web) p.add("url", '"' + s.url + "\" is not the address of an API", "use http://HOST:PORT or https://...");
        if (!s.api_key) p.add("api_key", "the driver powerdns needs an API key", "name a file, env or command");
        if (s.server_id.empty()) p.add("server_id", "it is empty", "PowerDNS calls its own server \"localhost\"");
        p.unused(s.update.has_value(), "update", s.driver);
        p.unused(s.tsig.has_value() && !s.transfer, "tsig", s.driver + " without transfer");
    }
    return p.take();
}

std::vector<Error> problems(const ParentSettings& s) {
    Problems p;
    p.name(s.name);
    p.driver(s.driver, kParentDrivers);
    p.list("servers", s.servers, "server address");
    if (s.driver == "rfc2136") {
        p.tsig(s.tsig);
    } else {
        p.unused(s.update.has_value(), "update", s.driver);
        p.unused(s.tsig.has_value(), "tsig", s.driver);
        p.unused(s.driver == "cds" && s.reads_cds, "reads_cds", s.driver + " (it always does)");
    }
    if (s.driver == "epp") {
        p.epp(s.epp);
    } else {
        p.unused(s.epp.has_value(), "epp", s.driver);
    }
    p.exactly(s.driver == "exec", s.command, "command", s.driver, "name a command line; it gets each change as JSON");
    p.exactly(s.driver == "zonefile", s.directory, "directory", s.driver, "name a folder; each change becomes a file");
    return p.take();
}

// ---- JSON ----

using model::json_io::Context;

static boost::json::value write_leaf(const Endpoint& v) {
    return boost::json::value(boost::json::string(v.text()));
}
static boost::json::value write_leaf(const SecretRef& v) {
    return boost::json::value(boost::json::string(v.text()));
}

namespace {

template <class Parse, class T>
void read_text(Context& c, const boost::json::value& v, Parse parse, T& out) {
    std::string text;
    model::json_io::read_string(c, v, text);
    if (c.error) return;
    auto value = parse(text);
    if (!value) return c.fail(value.error().seen, value.error().remedy);
    out = *std::move(value);
}

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

} // namespace

static void read_leaf(Context& c, const boost::json::value& v, Endpoint& out) {
    read_text(c, v, parse_endpoint, out);
}
static void read_leaf(Context& c, const boost::json::value& v, SecretRef& out) {
    read_text(c, v, parse_secret_ref, out);
}

template <class Io, Is<TsigSettings> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("algorithm", v.algorithm, "hmac-sha256");
    io.field("secret", v.secret);
}

template <class Io, Is<QuirkOverrides> T>
void describe(Io& io, T& v) {
    io.field("software", v.software, std::nullopt);
    io.field("foreign_dnskey", v.foreign_dnskey, std::nullopt);
    io.field("foreign_sep", v.foreign_sep, std::nullopt);
    io.field("cds", v.cds, std::nullopt);
    io.field("csync", v.csync, std::nullopt);
    io.field("apex_ns", v.apex_ns, std::nullopt);
    io.field("publishes_own_cds", v.publishes_own_cds, std::nullopt);
    io.field("dnskey_ttl_fixed", v.dnskey_ttl_fixed, std::nullopt);
}

template <class Io, Is<SignerSettings> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("driver", v.driver);
    io.field("servers", v.servers);
    io.field("update", v.update, std::nullopt);
    io.field("ns", v.ns);
    io.field("tsig", v.tsig, std::nullopt);
    io.field("signal_zones", v.signal_zones, {});
    io.field("transfer", v.transfer, false);
    io.field("url", v.url, "");
    io.field("api_key", v.api_key, std::nullopt);
    io.field("server_id", v.server_id, "localhost");
    io.field("quirks", v.quirks, {});
}

template <class Io, Is<EppSettings> T>
void describe(Io& io, T& v) {
    io.field("server", v.server);
    io.field("server_name", v.server_name, "");
    io.field("client", v.client);
    io.field("password", v.password);
    io.field("ca", v.ca, "");
    io.field("certificate", v.certificate, "");
    io.field("key", v.key, std::nullopt);
    io.field("interface", v.interface, "ds");
    io.field("sessions", v.sessions, std::uint32_t{1});
    io.field("per_minute", v.per_minute, std::uint32_t{0});
    io.field("max_sig_life", v.max_sig_life, std::uint32_t{0});
    io.field("urgent", v.urgent, false);
    io.field("frame_log", v.frame_log, "");
}

template <class Io, Is<ParentSettings> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("driver", v.driver);
    io.field("zone", v.zone, std::nullopt);
    io.field("servers", v.servers);
    io.field("update", v.update, std::nullopt);
    io.field("tsig", v.tsig, std::nullopt);
    io.field("reads_cds", v.reads_cds, false);
    io.field("epp", v.epp, std::nullopt);
    io.field("command", v.command, "");
    io.field("directory", v.directory, "");
}

} // namespace tutti::port

template <>
struct tutti::model::json_io::Blank<tutti::port::TsigSettings> {
    static port::TsigSettings make() { return {dns::Name::root(), "hmac-sha256", {}}; }
};

namespace tutti::port {

boost::json::value to_json(const SignerSettings& settings) {
    return model::json_io::write(settings);
}
boost::json::value to_json(const ParentSettings& settings) {
    return model::json_io::write(settings);
}

namespace {

template <class T>
Expected<T> checked(Expected<T> settings, const char* what) {
    if (!settings) return settings;
    if (auto wrong = problems(*settings); !wrong.empty()) {
        Error first = wrong.front();
        first.where = std::string(what) + "." + first.where;
        return std::unexpected(std::move(first));
    }
    return settings;
}

} // namespace

Expected<SignerSettings> signer_settings_from_json(const boost::json::value& v) {
    return checked(model::json_io::parse<SignerSettings>(v, "signer"), "signer");
}
Expected<ParentSettings> parent_settings_from_json(const boost::json::value& v) {
    return checked(model::json_io::parse<ParentSettings>(v, "parent"), "parent");
}

} // namespace tutti::port
