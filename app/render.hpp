#pragma once
// Answers of the daemon as text for people.
#include "app/text.hpp"

namespace tutti::app {

// "blue -> green" or "blue + green".
std::string headline(const Json& zone);
Colour colour_of(const std::string& state);

void render_explain(Page& page, const Json& answer);
void render_plan(Page& page, const Json& answer);
void render_zone(Page& page, const Json& answer);
void render_zones(Page& page, const Json& answer);
void render_probe(Page& page, const Json& answer);
void render_settings(Page& page, const Json& answer);
void render_events(Page& page, const Json& answer);
// One action in words: "+ DNSKEY green/815" per line.
std::vector<std::string> action_lines(const Json& action);

} // namespace tutti::app
