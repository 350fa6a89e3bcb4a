#pragma once
// One line for each zone, kept in memory, so that lists of thousands need not read what is known of each.
#include "serve/views.hpp"

#include <map>
#include <shared_mutex>

namespace tutti::serve {

struct Caller;

// Which zones, in which order, from where.
struct ListWish {
    enum class Sort { name, alarm } sort = Sort::name;
    std::string q;      // part of the name of the zone, of its parent or of a signer
    std::string state;  // new, act, wait, blocked, done; alarm, paused, manual
    std::string signer; // who should sign, or does
    std::string cursor; // from the answer before
    std::size_t limit = 100;
};

class Board {
  public:
    void update(const port::ZoneRecord& record);
    void remove(const dns::Name& zone);

    // {zones, total, next?, states}; of those that are for this caller. `next` is the cursor of what follows.
    Result<Json> list(const ListWish& wish, const Caller& caller) const;

  private:
    struct Line {
        Summary summary;
        std::string found_by; // what `q` is looked for in: names, in small letters
    };
    // The most urgent first.
    using Place = std::pair<int, dns::Name>;
    class Page;

    void count(const Summary& summary, std::int64_t by);
    void erase(std::map<dns::Name, Line>::iterator line);

    mutable std::shared_mutex mutex_;
    std::map<dns::Name, Line> zones_;
    std::map<Place, const Line*> urgent_;
    std::map<std::string, std::int64_t> states_; // how many there are of each
};

} // namespace tutti::serve
