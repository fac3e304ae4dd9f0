// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: on every seed given (files or folders), on 128 prefixes of it, and on
// 500 mutations with a fixed random seed. What the real fuzzer found before becomes a seed, so this guards it.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutate(std::string input, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
    const std::size_t at = input.empty() ? 0 : below(input.size());
    switch (below(4)) {
      case 0: input.insert(at, 1, static_cast<char>(below(256))); break;
      case 1:
        if (!input.empty()) input.erase(at, 1 + below(8));
        break;
      case 2:
        if (!input.empty()) input.insert(at, input.substr(below(input.size()), 1 + below(32)));
        break;
      default:
        if (!input.empty()) input[at] = static_cast<char>(below(256));
    }
  }
  return input;
}

std::vector<std::string> read_seeds(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
    } else if (std::filesystem::exists(argv[i])) {
      files.emplace_back(argv[i]);
    }
  }
  std::vector<std::string> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = read_seeds(argc, argv);
  if (seeds.empty()) {
    std::fputs("no seeds: give files or folders\n", stderr);
    return 1;
  }
  for (const std::string& seed : seeds) {
    const std::size_t step = seed.size() / 128 + 1;
    for (std::size_t n = 0; n < seed.size(); n += step) run(seed.substr(0, n));
    run(seed);
  }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same inputs in each run
  for (int i = 0; i < 500; ++i) run(mutate(seeds[static_cast<std::size_t>(i) % seeds.size()], random));
  std::printf("%zu seeds passed\n", seeds.size());
  return 0;
}
