#pragma once
// Numbers in the text format that Prometheus reads (version 0.0.4).
#include <string>
#include <utility>
#include <vector>

namespace tutti {

struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    std::string suffix{}; // "_sum", "_count" of a summary
};

struct Family {
    std::string name, type, help; // type: "gauge", "counter", "summary"
    std::vector<Sample> samples;
};

std::string exposition(const std::vector<Family>& families);

} // namespace tutti
