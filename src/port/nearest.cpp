#include "port/nearest.hpp"

#include <algorithm>
#include <numeric>

namespace tutti::port {

namespace {

// Insertions, deletions, replacements.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t least = std::min<std::size_t>(3, word.size() / 3 + 1) + 1;
    for (const auto& candidate : candidates) {
        const auto d = distance(word, candidate);
        if (d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
    return out;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates, std::string_view none) {
    if (candidates.empty()) return std::string(none);
    if (const auto near = nearest(word, candidates); !near.empty()) return "did you mean \"" + near + "\"?";
    return "there are: " + joined(candidates);
}

} // namespace tutti::port
