#include "scan/zone_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tutti::scan {

namespace {

using Words = std::vector<std::string_view>;

constexpr std::size_t kMaxWords = 4096; // of one record

std::unexpected<Error> invalid(std::string what, std::string remedy = {}) {
    return fail(ErrorKind::invalid, std::move(what), {}, std::move(remedy));
}

bool same_word(std::string_view a, std::string_view b) {
    const auto upper = [](unsigned char c) { return std::toupper(c); };
    return std::ranges::equal(a, b, {}, upper, upper);
}

// "3600", "1h30m": RFC 2308 and BIND's units.
bool is_ttl(std::string_view word) {
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0 &&
           std::ranges::all_of(word, [](unsigned char c) {
               return std::isdigit(c) != 0 ||
                      std::string_view{"smhdwSMHDW"}.find(static_cast<char>(c)) != std::string_view::npos;
           });
}

bool is_class(std::string_view word) {
    return same_word(word, "IN") || same_word(word, "CH") || same_word(word, "HS");
}

// Puts the physical lines of one record together: comments gone, parentheses and line ends become spaces.
class Lines {
  public:
    Lines(std::istream& in, std::size_t longest) : in_(in), longest_(longest) {}

    std::size_t number() const { return number_; }

    // False at the end. An empty record is an empty line.
    Expected<bool> next(std::string& record) {
        record.clear();
        depth_ = 0;
        do {
            if (!std::getline(in_, line_)) {
                if (in_.bad()) return fail(ErrorKind::internal, "cannot be read");
                if (depth_ > 0) return invalid("the file ends inside of parentheses");
                return !record.empty();
            }
            ++number_;
            if (record.size() + line_.size() > longest_)
                return invalid(fmt::format("a record of more than {} octets", longest_));
            if (auto ok = append(record); !ok) return std::unexpected(ok.error());
        } while (depth_ > 0);
        return true;
    }

  private:
    Expected<void> append(std::string& record) {
        bool quoted = false;
        for (std::size_t i = 0; i < line_.size(); ++i) {
            const char c = line_[i];
            if (c == '\\' && i + 1 < line_.size()) {
                record.append(line_, i++, 2);
            } else if (c == '"') {
                quoted = !quoted;
                record += c;
            } else if (!quoted && c == ';') {
                break;
            } else if (!quoted && (c == '(' || c == ')')) {
                depth_ += c == '(' ? 1 : -1;
                if (depth_ < 0) return invalid("a closing parenthesis without an opening one");
                record += ' ';
            } else {
                record += c == '\r' ? ' ' : c;
            }
        }
        if (quoted) return invalid("a quotation mark without a second one on the line");
        record += ' ';
        return {};
    }

    std::istream& in_;
    std::size_t longest_, number_ = 0;
    std::string line_;
    int depth_ = 0;
};

// Words apart by white space; a quoted string is one, however it looks.
bool split(std::string_view text, Words& words) {
    words.clear();
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    for (std::size_t i = 0; i < text.size();) {
        if (blank(text[i])) {
            ++i;
            continue;
        }
        const std::size_t begin = i;
        bool quoted = false;
        for (; i < text.size() && (quoted || !blank(text[i])); ++i) {
            if (text[i] == '\\')
                ++i;
            else if (text[i] == '"')
                quoted = !quoted;
        }
        i = std::min(i, text.size());
        words.push_back(text.substr(begin, i - begin));
        if (words.size() > kMaxWords) return false;
    }
    return true;
}

class ZoneText {
  public:
    ZoneText(const TextOptions& options, Delegations& out) : options_(options), out_(out), origin_(options.origin) {}

    Expected<void> take(std::string_view record) {
        if (!split(record, words_)) return invalid(fmt::format("more than {} words in a record", kMaxWords));
        if (words_.empty()) return {};
        if (words_[0].starts_with('$')) return directive();
        const bool same_owner = record[0] == ' ' || record[0] == '\t';
        if (same_owner && owner_word_.empty()) return invalid("the first record has no owner", hint());
        if (!same_owner) {
            owner_word_ = std::string{words_[0]};
            owner_.reset(); // read only where somebody looks at it
        }
        std::size_t at = same_owner ? 0 : 1;
        bool ttl = false, in_class = false, foreign = false;
        for (; at < words_.size(); ++at) {
            if (!ttl && is_ttl(words_[at])) {
                ttl = true;
            } else if (!in_class && is_class(words_[at])) {
                in_class = true;
                foreign = !same_word(words_[at], "IN");
            } else {
                break;
            }
        }
        if (at == words_.size()) return invalid("a record without a type", hint());
        if (foreign) return {};
        return dispatch(words_[at], std::span{words_}.subspan(at + 1));
    }

  private:
    Expected<void> directive() {
        if (same_word(words_[0], "$TTL")) return {};
        if (same_word(words_[0], "$ORIGIN") && words_.size() == 2) {
            auto name = absolute(words_[1]);
            if (!name) return std::unexpected(name.error());
            if (!owner_word_.empty()) (void)owner(); // by the old origin
            origin_ = std::move(*name);
            return {};
        }
        return invalid(fmt::format("{} is not followed here", words_[0]),
                       "give one file in which everything stands, e.g. as a transfer writes it");
    }

    Expected<dns::Name> absolute(std::string_view word) const {
        if (word == "@" && origin_) return *origin_;
        const bool complete = word.ends_with('.') && !word.ends_with("\\.");
        if (complete || !origin_) return dns::Name::parse(word);
        return dns::Name::parse(origin_->is_root() ? fmt::format("{}.", word)
                                                   : fmt::format("{}.{}", word, origin_->text()));
    }

    Expected<void> dispatch(std::string_view type, std::span<const std::string_view> rdata) {
        if (same_word(type, "NS")) return ns(rdata);
        if (same_word(type, "DS")) return ds(rdata);
        if (same_word(type, "A") || same_word(type, "AAAA")) return address(type, rdata);
        if (same_word(type, "SOA")) return soa(rdata);
        if (auto known = dns::parse_type(type); !known)
            return invalid(fmt::format("\"{}\" is no type of record", type), hint());
        return {};
    }

    std::string hint() const {
        return options_.origin ? ""
                               : "a line is \"child NS host [address ...]\" or \"child DS tag algorithm type digest\"";
    }

    Expected<dns::Name> owner() {
        if (!owner_) {
            auto name = absolute(owner_word_);
            if (!name) return name;
            owner_ = std::move(*name);
        }
        return *owner_;
    }

    Expected<void> ns(std::span<const std::string_view> rdata) {
        if (rdata.empty()) return invalid("NS without a host", hint());
        const auto child = owner(), host = absolute(rdata[0]);
        if (!child || !host) return std::unexpected((!child ? child : host).error());
        out_.add_ns(*child, *host);
        if (rdata.size() > 1 && options_.origin) return invalid("more than a host behind NS");
        for (const auto word : rdata.subspan(1)) {
            if (!dns::parse_rdata(dns::Type::A, word) && !dns::parse_rdata(dns::Type::AAAA, word))
                return invalid(fmt::format("\"{}\" is not an address", word), hint());
            out_.add_address(*host, word);
        }
        return {};
    }

    Expected<void> ds(std::span<const std::string_view> rdata) {
        const auto child = owner();
        if (!child) return std::unexpected(child.error());
        std::string text;
        for (const auto word : rdata) text.append(text.empty() ? "" : " ").append(word);
        const auto parsed = dns::parse_rdata(dns::Type::DS, text);
        if (!parsed) return invalid(fmt::format("DS of {}: {}", child->text(), parsed.error().seen), hint());
        out_.add_ds(*child, *parsed);
        return {};
    }

    Expected<void> address(std::string_view type, std::span<const std::string_view> rdata) {
        const auto name = owner();
        if (!name) return std::unexpected(name.error());
        const auto kind = same_word(type, "A") ? dns::Type::A : dns::Type::AAAA;
        if (rdata.size() != 1 || !dns::parse_rdata(kind, rdata[0]))
            return invalid(fmt::format("{} of {} is not an address", type, name->text()));
        out_.add_address(*name, rdata[0]);
        return {};
    }

    Expected<void> soa(std::span<const std::string_view> rdata) {
        const auto name = owner();
        if (!name) return std::unexpected(name.error());
        if (!out_.zone() || *name != *out_.zone() || rdata.size() < 3) return {};
        std::uint64_t serial = 0;
        for (const char c : rdata[2]) {
            if (std::isdigit(static_cast<unsigned char>(c)) == 0 || serial > UINT32_MAX)
                return invalid("the serial of the SOA is not a number");
            serial = serial * 10 + static_cast<std::uint64_t>(c - '0');
        }
        out_.set_serial(static_cast<std::uint32_t>(serial));
        return {};
    }

    const TextOptions& options_;
    Delegations& out_;
    std::optional<dns::Name> origin_, owner_;
    std::string owner_word_;
    Words words_;
};

} // namespace

Expected<void> read_text(std::istream& in, const TextOptions& options, Delegations& out) {
    Lines lines{in, options.longest};
    ZoneText text{options, out};
    std::string record;
    const auto at_line = [&](Error error) {
        error.where = fmt::format("{}:{}", options.file, lines.number());
        return std::unexpected(std::move(error));
    };
    for (;;) {
        const auto more = lines.next(record);
        if (!more) return at_line(more.error());
        if (!*more) return {};
        if (auto ok = text.take(record); !ok) return at_line(ok.error());
    }
}

} // namespace tutti::scan
