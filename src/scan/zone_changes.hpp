#pragma once
// What has changed in a parent zone (IXFR), for delegations that were read before.
#include "scan/delegations.hpp"

#include <unordered_map>

namespace tutti::scan {

class ZoneChanges {
  public:
    // In the order in which they happened.
    void removed(const dns::Record& record) { note(record, false); }
    void added(const dns::Record& record) { note(record, true); }

    // `before` with these changes, into the empty `out`, which is sealed then. An error where the two do not fit
    // together: the zone has to be read as a whole.
    Expected<void> apply(const Delegations& before, Delegations& out) const;

  private:
    struct Fate {
        dns::Record record;
        bool was_there, is_there; // before all changes, and after them
    };
    void note(const dns::Record& record, bool added);

    std::unordered_map<std::string, Fate> all_; // by type, owner and RDATA
    std::optional<dns::Record> soa_;
};

} // namespace tutti::scan
