#pragma once
// The sections [api] and [page] of the configuration file. Format: doc/api.md.
#include "app/toml_section.hpp"
#include "dns/name.hpp"
#include "port/dns.hpp"

#include <functional>

namespace tutti::app {

struct ApiConfig {
    std::vector<port::Endpoint> listen; // beside the Unix socket
    std::string certificate, key;       // PEM files
    bool public_read = false;           // without a token: scope read
    int requests_per_second = 100;      // of one caller
    int connections_per_address = 2000;
};

struct ApprovalConfig {
    bool required = false;        // changes of DS and NS need two people
    std::vector<dns::Name> zones; // only of these, when not required for all
};

struct PageConfig {
    std::string agent;   // the configuration file of a parent's agent on this machine, whose data base is shown
    std::string testbed; // the folder of a testbed's results
};

// `absolute`: a path, from the folder of the file.
ApiConfig read_api(Section& section, const std::function<std::string(const std::string&)>& absolute);
ApprovalConfig read_approval(Section& section);
PageConfig read_page(Section& section, const std::function<std::string(const std::string&)>& absolute);

} // namespace tutti::app
