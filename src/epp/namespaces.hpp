#pragma once
// The namespaces of EPP that are used here, with the prefix that their RFC writes.
#include <string_view>
#include <utility>

namespace tutti::epp {

inline constexpr std::string_view kEpp = "urn:ietf:params:xml:ns:epp-1.0";               // RFC 5730
inline constexpr std::string_view kDomain = "urn:ietf:params:xml:ns:domain-1.0";         // RFC 5731
inline constexpr std::string_view kHost = "urn:ietf:params:xml:ns:host-1.0";             // RFC 5732
inline constexpr std::string_view kSecDns = "urn:ietf:params:xml:ns:secDNS-1.1";         // RFC 5910
inline constexpr std::string_view kChangePoll = "urn:ietf:params:xml:ns:changePoll-1.0"; // RFC 8590
inline constexpr std::string_view kTtl = "urn:ietf:params:xml:ns:epp:ttl-1.0";           // RFC 9803

inline constexpr std::pair<std::string_view, std::string_view> kPrefixes[] = {
    {kEpp, ""}, {kDomain, "domain"}, {kHost, "host"}, {kSecDns, "secDNS"}, {kChangePoll, "changePoll"}, {kTtl, "ttl"}};

} // namespace tutti::epp
