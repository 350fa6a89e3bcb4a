// Timelines as text and as SVG.
#include "sim/timeline.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tutti::sim {

namespace {

constexpr std::size_t kLabel = 18;

// A round number of seconds, so that at most `most` of them fit.
Duration tick_of(Duration span, int most) {
    const double least = std::max(1e-3, to_seconds(span) / most);
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least) return seconds(factor * power);
    return seconds(10 * power);
}

// Tick marks that lie in the timeline.
std::vector<Instant> ticks(const Timeline& t, int most) {
    const auto step = tick_of(t.until - t.from, most);
    std::vector<Instant> out;
    const auto first = t.from.time_since_epoch().count();
    auto n = first / step.count() + (first > 0 && first % step.count() != 0 ? 1 : 0);
    for (Instant at{step * n}; at < t.until; at += step) out.push_back(at);
    return out;
}

class Text {
  public:
    Text(const Timeline& timeline, int columns, bool unicode)
        : t_(timeline), wide_(static_cast<std::size_t>(columns) - kLabel), unicode_(unicode) {}

    std::vector<Line> draw() {
        std::vector<Line> out{{Line::Kind::axis, axis()}};
        for (const auto& section : t_.sections) {
            if (!section.title.empty()) out.push_back({Line::Kind::title, section.title});
            for (const auto& r : section.rows) {
                const bool unsafe = r.bars.front().what == Bar::What::unsafe;
                out.push_back({unsafe ? Line::Kind::unsafe : Line::Kind::row, row(r)});
            }
        }
        return out;
    }

  private:
    std::size_t column(Instant at) const {
        const double share = to_seconds(at - t_.from) / to_seconds(t_.until - t_.from);
        return std::min(wide_ - 1, static_cast<std::size_t>(share * static_cast<double>(wide_)));
    }
    std::string axis() const {
        std::string out(kLabel + wide_, ' ');
        std::size_t free = 0;
        for (Instant at : ticks(t_, 8)) {
            const auto text = "|" + seconds_text(at);
            const auto from = kLabel + column(at);
            if (from < free || from + text.size() > out.size()) continue;
            out.replace(from, text.size(), text);
            free = from + text.size() + 1;
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out;
    }
    std::string row(const Row& r) const {
        std::vector<char> cells(wide_, ' ');
        // What is rarer is drawn over what is common: a short moment must not vanish.
        for (auto what : {Bar::What::cached, Bar::What::everywhere, Bar::What::somewhere, Bar::What::wait,
                          Bar::What::event, Bar::What::unsafe})
            for (const auto& b : r.bars) {
                if (b.what != what) continue;
                const auto last = column(std::max(b.from, b.until - Duration{1}));
                for (auto c = column(b.from); c <= last; ++c)
                    if (what != Bar::What::cached || cells[c] == ' ') cells[c] = sign(b);
            }
        std::string out = "  " + r.label.substr(0, kLabel - 3);
        out.resize(kLabel, ' ');
        for (char c : cells) out += glyph(c);
        out.erase(out.find_last_not_of(' ') + 1);
        return out;
    }
    static char sign(const Bar& b) {
        switch (b.what) {
        case Bar::What::everywhere:
            return '=';
        case Bar::What::somewhere:
            return '-';
        case Bar::What::cached:
            return '.';
        case Bar::What::unsafe:
            return '!';
        default:
            return b.letter;
        }
    }
    std::string glyph(char c) const {
        if (!unicode_) return {c};
        switch (c) {
        case '=':
            return "█";
        case '-':
            return "▄";
        case '.':
            return "·";
        default:
            return {c};
        }
    }

    const Timeline& t_;
    std::size_t wide_;
    bool unicode_;
};

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) out += c == '<' ? std::string("&lt;") : c == '&' ? std::string("&amp;") : std::string(1, c);
    return out;
}

class Svg {
  public:
    explicit Svg(const Timeline& timeline) : t_(timeline) {}

    std::string draw(std::string_view title) {
        int y = 50;
        std::string body;
        for (const auto& section : t_.sections) {
            if (!section.title.empty())
                body += fmt::format("<text x=\"10\" y=\"{}\" class=\"b\">{}</text>\n", y + 12, escaped(section.title));
            y += section.title.empty() ? 6 : 18;
            for (const auto& r : section.rows) {
                body += row(r, y);
                y += kRow;
            }
        }
        for (const auto* notes : {&t_.events, &t_.waits})
            for (const auto& n : *notes) {
                body += fmt::format("<text x=\"10\" y=\"{}\">{} {}</text>\n", y + 20, n.letter,
                                    escaped(n.text.substr(0, 180)));
                y += kRow;
            }
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n"
            "<style>text{{font:11px sans-serif}}.b{{font-weight:bold}}</style>\n"
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
            "<text x=\"10\" y=\"18\" class=\"b\">{2}</text>\n{3}{4}</svg>\n",
            kLeft + kWide + 20, y + 30, escaped(title), axis(y), body);
    }

  private:
    static constexpr int kLeft = 150, kWide = 900, kRow = 14;

    double x(Instant at) const { return kLeft + kWide * to_seconds(at - t_.from) / to_seconds(t_.until - t_.from); }
    std::string axis(int bottom) const {
        std::string out;
        for (Instant at : ticks(t_, 12))
            out += fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"40\" y2=\"{1}\" stroke=\"#ddd\"/>"
                               "<text x=\"{0:.1f}\" y=\"36\">{2} s</text>\n",
                               x(at), bottom, seconds_text(at));
        return out;
    }
    std::string row(const Row& r, int y) const {
        auto out = fmt::format("<text x=\"20\" y=\"{}\">{}</text>\n", y + 10, escaped(r.label));
        for (const auto& b : r.bars) {
            const double wide = std::max(b.what == Bar::What::unsafe ? 2.0 : 0.5, x(b.until) - x(b.from));
            out += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>", x(b.from),
                               y + 1, wide, kRow - 3, kColours[static_cast<std::size_t>(b.what)]);
            if (b.letter != 0)
                out += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", x(b.from) + 2, y + 10, b.letter);
        }
        return out + '\n';
    }
    static constexpr std::array<std::string_view, 6> kColours{"#2b6cb0", "#63b3ed", "#cbd5e0",
                                                              "#faf089", "#805ad5", "#e53e3e"};

    const Timeline& t_;
};

} // namespace

std::vector<Line> draw(const Timeline& timeline, int columns, bool unicode) {
    return Text(timeline, columns, unicode).draw();
}

std::string draw_svg(const Timeline& timeline, std::string_view title) {
    return Svg(timeline).draw(title);
}

} // namespace tutti::sim
