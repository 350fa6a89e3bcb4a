#pragma once
// What several machines saw of one child, as one piece of evidence (R11): they all have to see the same.
#include "accept/evidence.hpp"

namespace tutti::accept {

struct SeenFrom {
    std::string place; // the machine's name
    Evidence evidence;
};
// Of one child and subject, at least one. Every answer is named after the place that it was seen from.
Expected<Evidence> together(std::vector<SeenFrom> all);

} // namespace tutti::accept
