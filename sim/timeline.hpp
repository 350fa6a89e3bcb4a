#pragma once
// A trace as rows of bars over time: who served what, what caches may still hold, what was waited for, what was unsafe.
#include "sim/checker/exact.hpp"
#include "sim/trace.hpp"

namespace tutti::sim {

struct Bar {
    enum class What {
        everywhere, // all servers of the place serve it
        somewhere,  // some do, some do not
        cached,     // none does any more, but a cache may hold it
        wait,
        event,
        unsafe
    } what;
    Instant from, until;
    char letter = 0; // of a note below the picture
};

struct Row {
    std::string label;
    std::vector<Bar> bars; // by time, not overlapping
};
struct Section {
    std::string title; // "parent", "blue"
    std::vector<Row> rows;
};
struct Note {
    char letter;
    Instant from, until; // until: kNever if it has no end
    std::string text;
};

struct Timeline {
    Instant from, until;
    std::vector<Section> sections;
    std::vector<Note> events, waits;
};

Timeline timeline(const Trace& trace, const std::vector<checker::Finding>& findings);

// At most `columns` wide. Unicode or ASCII.
struct Line {
    enum class Kind { title, row, unsafe, axis } kind;
    std::string text;
};
std::vector<Line> draw(const Timeline& timeline, int columns, bool unicode);
std::string draw_svg(const Timeline& timeline, std::string_view title);

} // namespace tutti::sim
