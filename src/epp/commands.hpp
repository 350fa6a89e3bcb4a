#pragma once
// Commands of a client, composed (RFC 5730-5732, 5910, 9803). Pure.
#include "epp/values.hpp"
#include "epp/xml.hpp"

#include <span>

namespace tutti::epp {

struct Command {
    Element verb;                      // <info>, <update> ...
    std::vector<Element> extensions{}; // what stands in <extension>
    // It changes something: after a lost reply it counts as both done and not done.
    bool transforms = false;
};

// The frame; `client_id`: clTRID, 3 to 64 characters. Fails (`invalid`) only for texts that XML cannot carry.
Expected<std::string> compose(const Command& command, std::string_view client_id);
Expected<std::string> compose_hello();

struct Login {
    std::string client, password, language = "en";
    std::vector<std::string> objects, extensions; // what is wanted of what the greeting offers
};
Command login(const Login& login);
Command logout();
Command poll_request();
Command poll_ack(std::string_view message_id);

// `ttl`: ask for the TTLs, too (RFC 9803).
Command domain_info(const dns::Name& name, bool ttl);
Command host_check(std::span<const dns::Name> names);
Command host_info(const dns::Name& name);
Command host_create(const dns::Name& name, std::span<const std::string> addresses);
Command host_update(const dns::Name& name, std::span<const std::string> add, std::span<const std::string> remove);
Command host_delete(const dns::Name& name);

// One command for everything, so that no half of it is ever published.
struct DomainUpdate {
    dns::Name name;
    bool host_attributes = false; // write name servers as attributes with their addresses
    std::vector<NameServer> ns_add{}, ns_remove{};
    SecDns sec_add{}, sec_remove{}; // max_sig_life of sec_add: a wish, left out unless asked for
    bool sec_remove_all = false;
    bool urgent = false;
    std::map<std::string, std::optional<dns::Ttl>> ttls{}; // by type; no value: back to the registry's default
    bool empty() const;
};
Command domain_update(const DomainUpdate& update);

// The text of a frame with what stands in <pw> and <newPW> replaced, for logs.
std::string masked(std::string_view xml);

} // namespace tutti::epp
