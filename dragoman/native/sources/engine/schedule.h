// Searches for many examples: they come and go, so that a few are always at work; each thread has its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "scorer.h"
#include "search/automaton.h"
#include "search/found.h"
#include "search/rules.h"

namespace dragoman {
namespace engine {

using Clock = std::chrono::steady_clock;
constexpr Clock::time_point FOREVER = Clock::time_point::max();

// What a thread needs for a search, and keeps for the next.
class Worker;

// A model that can be searched by any number of threads at a time, with the workers that are idle.
class Searcher {
public:
    // A scorer for searches within constraints, for which every symbol may be needed, or for others.
    using MakeScorer = std::function<std::unique_ptr<Scorer>(bool within)>;

    explicit Searcher(MakeScorer make);
    ~Searcher();
    std::unique_ptr<Worker> take();
    void give_back(std::unique_ptr<Worker> worker);
    // Later searches have new scorers.
    void renew();

private:
    const MakeScorer make_;
    std::mutex mutex_;
    int64_t generation_ = 0;  // of workers
    std::vector<std::unique_ptr<Worker>> idle_;
};

// All that is asked. Inputs and prefixes belong to the caller.
struct Request {
    std::vector<Input> inputs;
    std::vector<ExampleRules> examples;
    Rules rules;
    bool has_minimum = false;  // whether any example has one
    std::vector<std::unique_ptr<Automaton>> automata;
};

// A hypothesis in a result: its tokens stand behind those of the one before.
struct Hypothesis {
    double log_probability, score;
    Ending ending;
    int64_t length;
};

struct Output {
    std::vector<Hypothesis> hypotheses;  // the best first
    std::vector<int32_t> tokens;
};

// How a search ended.
enum class Outcome : int32_t { done, cancelled, not_numbers, nothing_allowed, callback_failed, failed };

// One search. Outputs do not depend on how many threads work, nor on how examples fall together.
class Job {
public:
    Job(Searcher& searcher, Request request);
    ~Job();  // cancels what still runs, and waits for it
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    // Searches in this thread and `threads` − 1 others for about so many milliseconds; whether all is over. If not, it is
    // called again, from any thread; the others work on meanwhile.
    bool run(int64_t threads, int64_t milliseconds) noexcept;

    // Searches in `threads` threads, none of them this one, block by block in the order of the examples.
    void start(int64_t threads);
    // Waits up to so many milliseconds for examples to be finished, and writes down the numbers of up to `room` of them,
    // each once. Gives back how many; −1 when no more will come.
    int64_t next(int64_t milliseconds, int64_t* numbers, int64_t room);

    // Lets all threads stop before their next step.
    void cancel() { stop(Outcome::cancelled, ""); }

    const Request& request() const { return request_; }
    const std::vector<Output>& outputs() const { return outputs_; }
    Outcome outcome() const { return outcome_; }
    const std::string& error() const { return error_; }
    int64_t calls() const { return calls_; }

private:
    friend class Worker;

    // Examples that are searched in the same way: those without a constraint, and those with one.
    static constexpr size_t FREE = 0, BOUND = 1, GROUPS = 2;
    struct Group {
        std::vector<int64_t> order;
        std::atomic<int64_t> next{0};
    };

    // From long to short among each so many that follow each other.
    void order_examples(int64_t together);
    int64_t most_threads(int64_t threads) const;
    void begin_threads(int64_t running, int64_t count);
    // Works until nothing is left, or the time is over; false then.
    bool work(std::unique_ptr<Worker>& worker, Clock::time_point until) noexcept;
    void stop(Outcome outcome, const std::string& error) noexcept;
    bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
    void finished(int64_t number);
    void join();

    Searcher& searcher_;
    const Request request_;
    Group groups_[GROUPS];
    std::vector<Output> outputs_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopped_{false};
    std::atomic<int64_t> threads_at_work_{0};
    std::atomic<int64_t> calls_{0};
    bool streams_ = false, begun_ = false;
    std::unique_ptr<Worker> own_;  // of the thread that calls `run`, from call to call
    bool own_at_work_ = true;
    std::mutex mutex_;                  // of all below
    std::condition_variable changed_;
    std::vector<int64_t> finished_;
    int64_t running_ = 0;
    Outcome outcome_ = Outcome::done;
    std::string error_;
};

}  // namespace engine
}  // namespace dragoman
