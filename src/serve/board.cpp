#include "serve/board.hpp"

#include "serve/caller.hpp"

#include <array>
#include <charconv>
#include <mutex>

namespace tutti::serve {

namespace json = boost::json;

namespace {

int urgency(const Summary& s) {
    if (s.alarms > 0) return 0;
    constexpr std::array order = {"blocked", "act", "wait", "new"};
    const auto* at = std::ranges::find(order, s.state);
    return 1 + static_cast<int>(at - order.begin());
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool signs(const Summary& s, const std::string& signer) {
    return std::ranges::find(s.members, signer) != s.members.end() ||
           std::ranges::find(s.settled, signer) != s.settled.end();
}

bool in_state(const Summary& s, const std::string& state) {
    if (state == "alarm") return s.alarms > 0;
    if (state == "paused") return s.paused;
    if (state == "manual") return s.mode == port::Mode::manual;
    return s.state == state;
}

bool is_filter(const ListWish& wish) {
    return !wish.q.empty() || !wish.state.empty() || !wish.signer.empty();
}

std::string found_by(const Summary& s) {
    std::string out = s.zone.text() + ' ' + s.parent;
    for (const auto& m : s.members) out += ' ' + m;
    return lower(std::move(out));
}

// "2.example.com.": behind that place.
std::string cursor_of(const std::pair<int, dns::Name>& place) {
    return std::to_string(place.first) + '.' + place.second.text();
}

Result<std::pair<int, dns::Name>> read_cursor(const std::string& text) {
    const auto dot = text.find('.');
    int rank = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + std::min(dot, text.size()), rank);
    auto name = dns::Name::parse(dot == std::string::npos ? "" : std::string_view(text).substr(dot + 1));
    if (ec == std::errc{} && dot != std::string::npos && end == text.data() + dot && name)
        return std::pair(rank, *name);
    return problem("query-invalid", ErrorKind::invalid, "this is no cursor", "cursor",
                   "follow the link of the answer before, or begin without a cursor");
}

} // namespace

void Board::count(const Summary& s, std::int64_t by) {
    states_[s.state] += by;
    if (s.alarms > 0) states_["alarm"] += by;
}

void Board::update(const port::ZoneRecord& record) {
    Line line{summary_of(record), {}};
    line.found_by = found_by(line.summary);
    const std::unique_lock guard(mutex_);
    if (const auto found = zones_.find(record.zone); found != zones_.end()) {
        if (found->second.summary.revision > record.revision) return; // of two saves the later one was told of first
        erase(found);
    }
    count(line.summary, 1);
    const auto at = zones_.emplace(record.zone, std::move(line)).first;
    urgent_.emplace(Place{urgency(at->second.summary), at->first}, &at->second);
}

void Board::remove(const dns::Name& zone) {
    const std::unique_lock guard(mutex_);
    if (const auto found = zones_.find(zone); found != zones_.end()) erase(found);
}

void Board::erase(std::map<dns::Name, Line>::iterator line) {
    count(line->second.summary, -1);
    urgent_.erase({urgency(line->second.summary), line->first});
    zones_.erase(line);
}

// One answer: lines are offered in order.
class Board::Page {
  public:
    Page(const ListWish& wish, const Caller& caller) : wish_(wish), caller_(caller), q_(lower(wish.q)) {}

    bool fits(const Line& line) const {
        const auto& s = line.summary;
        return caller_.may(s.zone) && (wish_.state.empty() || in_state(s, wish_.state)) &&
               (wish_.signer.empty() || signs(s, wish_.signer)) && (q_.empty() || contains(line.found_by, q_));
    }
    void count(const Line& line) {
        ++total_;
        ++states_[line.summary.state];
        if (line.summary.alarms > 0) ++states_["alarm"];
    }
    // False: it is full, and there is more.
    bool add(const Line& line) {
        if (list_.size() >= wish_.limit) return !(more_ = true);
        list_.push_back(to_json(line.summary));
        last_ = &line.summary;
        return true;
    }
    Json answer(std::size_t total, const std::map<std::string, std::int64_t>& states) {
        json::object counts;
        for (const auto& [state, n] : states)
            if (n > 0) counts[state] = n;
        json::object out{{"zones", std::move(list_)}, {"total", total}, {"states", std::move(counts)}};
        if (more_ && last_ != nullptr) out["next"] = cursor_of({urgency(*last_), last_->zone});
        return out;
    }
    Json answer() { return answer(total_, states_); }

  private:
    const ListWish& wish_;
    const Caller& caller_;
    std::string q_;
    json::array list_;
    const Summary* last_ = nullptr;
    bool more_ = false;
    std::size_t total_ = 0;
    std::map<std::string, std::int64_t> states_;
};

Result<Json> Board::list(const ListWish& wish, const Caller& caller) const {
    std::optional<Place> after;
    if (!wish.cursor.empty()) {
        auto read = read_cursor(wish.cursor);
        if (!read) return std::unexpected(read.error());
        after = *read;
    }
    Page page(wish, caller);
    const std::shared_lock guard(mutex_);
    const bool all = !is_filter(wish) && caller.everywhere();
    if (!all)
        for (const auto& [name, line] : zones_)
            if (page.fits(line)) page.count(line);
    // From behind the cursor until the page is full.
    const auto offer = [&](const Line& line) { return (!all && !page.fits(line)) || page.add(line); };
    if (wish.sort == ListWish::Sort::alarm) {
        for (auto at = after ? urgent_.upper_bound(*after) : urgent_.begin(); at != urgent_.end(); ++at)
            if (!offer(*at->second)) break;
    } else {
        for (auto at = after ? zones_.upper_bound(after->second) : zones_.begin(); at != zones_.end(); ++at)
            if (!offer(at->second)) break;
    }
    return all ? page.answer(zones_.size(), states_) : page.answer();
}

} // namespace tutti::serve
