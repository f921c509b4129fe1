// The engine's C interface, as programs without Python call it; see abi_model.cpp and abi_search.cpp.
#pragma once

#include <cstdint>

#include "../../dragoman/native/sources/engine/asked.h"

using dragoman::engine::Asked;

// As in abi_model.cpp.
struct Description {
    int64_t bytes, symbols, source_symbols, start, end, longest_source, longest_target, channels, height, given,
        result_width, lists;
};

extern "C" {
int dragoman_engine_set();
void* dragoman_engine_load(const char*, int64_t, int32_t, int32_t, char*, int64_t);
void dragoman_engine_free(void*);
void dragoman_engine_describe(const void*, Description*);
void dragoman_engine_result_rows(const void*, const int64_t*, int64_t, int64_t*);
int32_t dragoman_engine_encode(const void*, const void*, int64_t, const int64_t*, int64_t, int64_t, float*, int64_t, char*,
                               int64_t);
int32_t dragoman_engine_shortlist(void*, const int32_t*, int64_t, const int64_t*, const int32_t*, int64_t, char*, int64_t);
void* dragoman_engine_searcher(const void*, int32_t, char*, int64_t);
void dragoman_engine_searcher_symbols(void*, int64_t*);
void* dragoman_engine_searcher_of_table(const float*, int64_t, int64_t, int64_t, int32_t, int32_t, int64_t, char*, int64_t);
void* dragoman_engine_searcher_of_positions(const float*, int64_t, int64_t, int32_t, int32_t, int32_t, char*, int64_t);
void dragoman_engine_searcher_free(void*);
void* dragoman_engine_job(void*, const Asked*, char*, int64_t);
void dragoman_engine_job_free(void*);
int32_t dragoman_engine_job_run(void*, int64_t, int64_t);
int32_t dragoman_engine_job_start(void*, int64_t, char*, int64_t);
int64_t dragoman_engine_job_next(void*, int64_t, int64_t*, int64_t);
void dragoman_engine_job_cancel(void*);
int32_t dragoman_engine_job_outcome(void*, char*, int64_t);
void dragoman_engine_job_sizes(void*, const int64_t*, int64_t, int64_t*);
void dragoman_engine_job_take(void*, const int64_t*, int64_t, int64_t, int64_t*, double*, int32_t*);
int64_t dragoman_engine_memory(const void*, int64_t, int64_t, int64_t, char*, int64_t);
}
