#pragma once
// The HTTP API of PowerDNS: requests, and its answers as values. The API key is read for each request and not kept; it
// and what the API says about the server's own settings never go into an error.
#include "signer/make.hpp"

#include <boost/json/value.hpp>

namespace tutti::signer {

class PowerdnsApi {
  public:
    PowerdnsApi(const port::SignerSettings& settings, Ports ports) : settings_(settings), ports_(ports) {}

    struct Rrset {
        dns::RrSet set;
        // Records that cannot be read, and those that are stored and not served. An RRset is replaced as a whole, so
        // they are sent back as they came.
        std::vector<std::string> unread, disabled;
    };
    struct Zone {
        std::string kind; // "Native", "Master", "Slave" ...
        bool dnssec = false;
        std::optional<std::uint32_t> serial; // as served
        std::string soa_edit_api;            // empty: changes by the API don't raise the serial
        std::vector<Rrset> rrsets;
    };
    struct Key {
        dnssec::Dnskey dnskey;
        bool active = false, published = true;
    };

    Expected<std::string> version();
    // All of the zone, or only one RRset of it.
    Expected<Zone> zone(const dns::Name& zone);
    Expected<Zone> zone(const dns::Name& zone, const dns::Name& owner, dns::Type type);
    Expected<std::vector<Key>> keys(const dns::Name& zone);
    // Values of one kind of metadata; empty if it is not set.
    Expected<std::vector<std::string>> metadata(const dns::Name& zone, std::string_view kind);
    // One setting of the server; nothing if there is none of this name.
    Expected<std::optional<std::string>> setting(std::string_view name);
    // Replaces whole RRsets, all or none; one without records is deleted.
    Expected<void> replace(const dns::Name& zone, std::span<const Rrset> rrsets);
    // Tells the secondaries now.
    Expected<void> notify(const dns::Name& zone);

  private:
    Expected<boost::json::value> get(const std::string& path, const std::string& what);
    Expected<std::string> call(const std::string& method, const std::string& path, const std::string& body,
                               const std::string& what);
    Error explain(const port::HttpResponse& response, const std::string& what) const;
    std::string zone_path(const dns::Name& zone) const;
    Expected<Zone> read_zone(const std::string& path, const std::string& what);

    const port::SignerSettings& settings_;
    Ports ports_;
};

} // namespace tutti::signer
