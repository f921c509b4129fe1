#include "schedule.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "search/beam.h"
#include "search/constraints.h"
#include "search/greedy.h"
#include "search/progress.h"

namespace dragoman {
namespace engine {

namespace {

// Symbols of inputs that are read together at least, where there are so many, and at most so many inputs for each that is
// at work: enough for products to be worth it, and little that waits.
constexpr int64_t READ_TOGETHER = 128, READ_AHEAD = 2;
// Examples of a stream that are searched from long to short, before the next ones: so few that the first outputs come soon.
constexpr int64_t STREAMED_TOGETHER = 64;

}  // namespace

class Worker {
public:
    Worker(const Searcher::MakeScorer& make, int64_t generation) : generation(generation), make_(make) {}

    const int64_t generation;

    void begin(Job& job) {
        job_ = &job;
        begin_group(0);
    }

    // Searches for examples until none is left, or the job is stopped; or, and then it is false, the time is over.
    bool work(Clock::time_point until) {
        for (; group_ < Job::GROUPS; begin_group(group_ + 1)) {
            while (!job_->groups_[group_].order.empty()) {
                take_places();
                if (at_work_.empty()) break;
                if (job_->stopped()) {
                    leave();
                    return true;
                }
                step();
                if (until != FOREVER && Clock::now() >= until) return false;
            }
        }
        return true;
    }

    // Gives everything back that is still at work.
    void leave() {
        for (std::vector<One>* some : {&at_work_, &waiting_}) {
            for (One& one : *some) {
                scorer_->end(one->example);
                idle_.push_back(std::move(one));
            }
            some->clear();
        }
    }

private:
    using One = std::unique_ptr<Progress>;

    void begin_group(size_t group) {
        group_ = group;
        if (group == Job::GROUPS || job_->groups_[group].order.empty()) return;
        std::unique_ptr<Scorer>& scorer = scorers_[group];
        if (scorer == nullptr) scorer = make_(within());
        scorer_ = scorer.get();
        const Request& request = job_->request_;
        const Rules& rules = request.rules;
        found_.all = within();
        const auto wants = rules.method == Method::greedy ? greedy_wants : beam_wants;
        found_.count = std::min(wants(rules, request.has_minimum), rules.symbols);
        found_.most = std::min(wants(rules, true), rules.symbols);
        places_ = std::max<int64_t>(scorer_->at_work(rules.width), 1);
    }
    // Whether the examples of the group have constraints.
    bool within() const { return group_ == Job::BOUND; }

    void take_places() {
        while (static_cast<int64_t>(at_work_.size()) < places_) {
            if (waiting_.empty()) read(job_->groups_[group_]);
            if (waiting_.empty()) return;
            at_work_.push_back(std::move(waiting_.back()));
            waiting_.pop_back();
        }
    }

    // Takes the next examples, and lets the model read them together.
    void read(Job::Group& group) {
        const Request& request = job_->request_;
        const int64_t total = static_cast<int64_t>(group.order.size());
        const int64_t left = total - std::min(group.next.load(std::memory_order_relaxed), total);
        // Towards the end no thread takes what another could do.
        const int64_t share = (left + job_->threads_at_work_ - 1) / std::max<int64_t>(job_->threads_at_work_, 1);
        const int64_t most = std::max<int64_t>(std::min(places_ * READ_AHEAD, share), 1);
        examples_.clear();
        for (int64_t symbols = 0; static_cast<int64_t>(examples_.size()) < most && symbols < READ_TOGETHER;) {
            const int64_t place = group.next.fetch_add(1, std::memory_order_relaxed);
            if (place >= total) break;
            const int64_t number = group.order[static_cast<size_t>(place)];
            One one = idle();
            one->example.input = request.inputs[static_cast<size_t>(number)];
            one->example.number = number;
            one->rules = request.examples[static_cast<size_t>(number)];
            one->may_loop = false;
            one->begin(request.rules);
            symbols += one->example.input.length;
            examples_.push_back(&one->example);
            waiting_.push_back(std::move(one));
        }
        // From the back on they are taken again, from long to short.
        std::reverse(waiting_.begin(), waiting_.end());
        if (!examples_.empty()) scorer_->begin(examples_.data(), static_cast<int64_t>(examples_.size()));
    }

    One idle() {
        if (idle_.empty()) return std::make_unique<Progress>();
        One one = std::move(idle_.back());
        idle_.pop_back();
        return one;
    }

    void step() {
        const Rules& rules = job_->request_.rules;
        examples_.clear();
        int64_t calls = 0;
        for (const One& one : at_work_) {
            examples_.push_back(&one->example);
            calls += static_cast<int64_t>(one->live.size());
        }
        job_->calls_.fetch_add(calls, std::memory_order_relaxed);
        scorer_->step(examples_.data(), static_cast<int64_t>(examples_.size()), found_);
        int64_t row = 0;
        size_t kept = 0;
        for (size_t i = 0; i < at_work_.size(); ++i) {
            Progress& progress = *at_work_[i];
            const int64_t rows = static_cast<int64_t>(progress.live.size());
            const bool goes_on = advance(progress, rules, row);
            row += rows;
            if (goes_on) go_on(progress, rows);
            else if (!finish(progress)) {
                idle_.push_back(std::move(at_work_[i]));
                continue;
            }
            if (kept != i) at_work_[kept] = std::move(at_work_[i]);
            ++kept;
        }
        at_work_.resize(kept);
    }

    bool advance(Progress& progress, const Rules& rules, int64_t row) {
        if (rules.method == Method::greedy)
            return within() ? advance_greedy_within(progress, rules, found_, row)
                           : advance_greedy(progress, rules, found_, row);
        return within() ? advance_beam_within(progress, rules, found_, row, beam_, constrained_)
                       : advance_beam(progress, rules, found_, row, beam_);
    }

    void go_on(Progress& progress, int64_t rows) {
        const int64_t count = static_cast<int64_t>(progress.parents.size());
        bool same = count == rows;
        for (int64_t i = 0; i < count && same; ++i) same = progress.parents[static_cast<size_t>(i)] == i;
        if (!same) scorer_->select(progress.example, progress.parents.data(), count);
    }

    // Hands the output of an example over. True if its search begins anew instead: where all that a constraint allowed
    // was lost because it loops, loops may be.
    bool finish(Progress& progress) {
        scorer_->end(progress.example);
        const std::vector<Finished>& complete = progress.complete.all();
        if (within() && !progress.may_loop && complete.empty() && !progress.cut.all().empty() &&
            progress.cut.all()[0].ending == Ending::repetition) {
            progress.may_loop = true;
            progress.begin(job_->request_.rules);
            Example* const one[] = {&progress.example};
            scorer_->begin(one, 1);
            return true;
        }
        Output& output = job_->outputs_[static_cast<size_t>(progress.example.number)];
        for (const Finished& one : complete) add(output, progress, one);
        if (!within() || complete.empty()) {
            const size_t room = static_cast<size_t>(job_->request_.rules.n_best) - complete.size();
            const std::vector<Finished>& cut = progress.cut.all();
            for (size_t i = 0; i < cut.size() && i < room; ++i) add(output, progress, cut[i]);
        }
        job_->finished(progress.example.number);
        return false;
    }

    void add(Output& output, const Progress& progress, const Finished& one) {
        progress.tree.read(one.node, tokens_);
        if (one.ending == Ending::repetition) cut_loop(tokens_, job_->request_.rules.repetition);
        const size_t given = std::min(tokens_.size(), static_cast<size_t>(progress.rules.given));
        output.tokens.insert(output.tokens.end(), tokens_.begin() + static_cast<std::ptrdiff_t>(given), tokens_.end());
        output.hypotheses.push_back(
            {one.log_probability, one.score, one.ending, static_cast<int64_t>(tokens_.size() - given)});
    }

    const Searcher::MakeScorer& make_;
    std::unique_ptr<Scorer> scorers_[Job::GROUPS];  // of each group, where there was one
    Scorer* scorer_ = nullptr;                      // of the group at work
    Job* job_ = nullptr;
    size_t group_ = 0;
    int64_t places_ = 1;
    std::vector<One> at_work_, waiting_, idle_;
    std::vector<Example*> examples_;
    std::vector<int32_t> tokens_;
    Continuations found_;
    BeamScratch beam_;
    ConstrainedScratch constrained_;
};

Searcher::Searcher(MakeScorer make) : make_(std::move(make)) {}

Searcher::~Searcher() = default;

std::unique_ptr<Worker> Searcher::take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) return std::make_unique<Worker>(make_, generation_);
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
}

void Searcher::give_back(std::unique_ptr<Worker> worker) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (worker->generation == generation_) idle_.push_back(std::move(worker));
}

void Searcher::renew() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++generation_;
    idle_.clear();
}

Job::Job(Searcher& searcher, Request request) : searcher_(searcher), request_(std::move(request)) {
    const size_t rows = request_.inputs.size();
    outputs_.resize(rows);
    for (size_t row = 0; row < rows; ++row)
        groups_[request_.examples[row].automaton == nullptr ? FREE : BOUND].order.push_back(static_cast<int64_t>(row));
}

void Job::order_examples(int64_t together) {
    const auto longer = [&](int64_t one, int64_t other) {
        return request_.inputs[static_cast<size_t>(one)].length > request_.inputs[static_cast<size_t>(other)].length;
    };
    for (Group& group : groups_) {
        for (auto begin = group.order.begin(); begin != group.order.end();) {
            const auto end = begin + std::min<std::ptrdiff_t>(together, group.order.end() - begin);
            std::stable_sort(begin, end, longer);
            begin = end;
        }
    }
}

Job::~Job() {
    cancel();
    join();
    if (own_ == nullptr) return;
    own_->leave();
    searcher_.give_back(std::move(own_));
}

bool Job::run(int64_t threads, int64_t milliseconds) noexcept {
    const Clock::time_point until = Clock::now() + std::chrono::milliseconds(milliseconds);
    if (!begun_) {
        threads = most_threads(threads);
        try {
            order_examples(static_cast<int64_t>(outputs_.size()) + 1);
            begin_threads(threads, threads - 1);
        } catch (const std::exception& error) {
            stop(Outcome::failed, error.what());
            return true;
        }
    }
    if (own_at_work_ && work(own_, until)) own_at_work_ = false;
    if (own_at_work_) return false;
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_until(lock, until, [this] { return running_ == 0; });
}

void Job::start(int64_t threads) {
    streams_ = true;
    own_at_work_ = false;
    threads = most_threads(threads);
    order_examples(STREAMED_TOGETHER);
    begin_threads(threads, threads);
    if (threads_.empty()) throw std::runtime_error("the system gives no more threads");
}

int64_t Job::most_threads(int64_t threads) const {
    return std::max<int64_t>(std::min(threads, static_cast<int64_t>(outputs_.size())), 1);
}

// Where the system gives fewer threads than `count`, those that are there do all the work.
void Job::begin_threads(int64_t running, int64_t count) {
    begun_ = true;
    threads_at_work_ = running_ = running;
    threads_.reserve(static_cast<size_t>(count));
    try {
        while (static_cast<int64_t>(threads_.size()) < count) {
            threads_.emplace_back([this] {
                std::unique_ptr<Worker> worker;
                work(worker, FOREVER);
            });
        }
    } catch (const std::system_error&) {
        const int64_t missing = count - static_cast<int64_t>(threads_.size());
        threads_at_work_ -= missing;
        const std::lock_guard<std::mutex> lock(mutex_);
        running_ -= missing;
    }
}

int64_t Job::next(int64_t milliseconds, int64_t* numbers, int64_t room) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                      [this] { return !finished_.empty() || running_ == 0; });
    if (finished_.empty() && running_ == 0) return -1;
    const auto end = finished_.begin() + std::min<std::ptrdiff_t>(room, finished_.end() - finished_.begin());
    const int64_t count = std::copy(finished_.begin(), end, numbers) - numbers;
    finished_.erase(finished_.begin(), end);
    return count;
}

bool Job::work(std::unique_ptr<Worker>& worker, Clock::time_point until) noexcept {
    try {
        if (worker == nullptr) {
            worker = searcher_.take();
            worker->begin(*this);
        }
        if (!worker->work(until)) return false;
        searcher_.give_back(std::move(worker));
    } catch (const NotNumbers& error) {
        stop(Outcome::not_numbers, error.what());
    } catch (const NothingAllowed& error) {
        stop(Outcome::nothing_allowed, error.what());
    } catch (const AutomatonFailed& error) {
        stop(Outcome::callback_failed, error.what());
    } catch (const std::exception& error) {
        stop(Outcome::failed, error.what());
    } catch (...) {
        stop(Outcome::failed, "an unknown error");
    }
    // A worker that something went wrong in is not used again.
    worker.reset();
    --threads_at_work_;
    const std::lock_guard<std::mutex> lock(mutex_);
    --running_;
    changed_.notify_all();
    return true;
}

void Job::stop(Outcome outcome, const std::string& error) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (outcome_ == Outcome::done && (running_ > 0 || !begun_)) {
        outcome_ = outcome;
        error_ = error;
    }
    stopped_ = true;
    changed_.notify_all();
}

void Job::finished(int64_t number) {
    if (!streams_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    finished_.push_back(number);
    changed_.notify_all();
}

void Job::join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace engine
}  // namespace dragoman
