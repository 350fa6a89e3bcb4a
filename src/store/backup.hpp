#pragma once
// Copies of the database: taken while the daemon runs, checked by reading them; and put back where none runs.
#include "base/time.hpp"

#include <string>

namespace tutti::store {

struct Copy {
    std::string file;
    std::size_t zones = 0;
    std::int64_t octets = 0;
};

// `file` is whole and checked when it appears (mode 0600). `replace`: it may be there already.
Expected<Copy> back_up(const std::string& database, const std::string& file, bool replace);

// Puts a copy in the place of the database. Every zone comes back paused, and nothing that was known of it counts; no
// token and no proposal comes back: what happened since the copy was made is not in it. `replace`: a database that is
// there is kept beside it (.replaced). conflict: a daemon runs, or there is a database.
Expected<Copy> restore(const std::string& file, const std::string& database, bool replace, Instant now);

} // namespace tutti::store
