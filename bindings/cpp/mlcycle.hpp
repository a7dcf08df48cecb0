/*
 * mlcycle.hpp - libmlcycle in C++11: handles that let go by themselves, checked fields
 *
 * Each class is one C handle: move-only, empty when default-made or moved from. A call that can
 * fail takes a `mlc_error *` last: told one, it reports there and returns an empty handle,
 * false or 0; told none, it throws mlc::error. Without exceptions (-fno-exceptions, or
 * MLC_NO_EXCEPTIONS defined) it returns so either way.
 *
 * Nothing is hidden: get() is the C handle, and every C function takes it. This header adds no
 * library of its own.
 */
#ifndef MLCYCLE_HPP
#define MLCYCLE_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "mlcycle.h"

#if !defined(MLC_NO_EXCEPTIONS) && defined(__GNUC__) && !defined(__EXCEPTIONS)
#define MLC_NO_EXCEPTIONS
#endif
#if !defined(MLC_NO_EXCEPTIONS)
#include <stdexcept>
#endif

namespace mlc {

/* --------------------------------------------------------------------------- errors */

#if !defined(MLC_NO_EXCEPTIONS)
/** Thrown where no mlc_error was handed in: the message, and all that the C struct tells. */
class error : public std::runtime_error {
  public:
    explicit error(const mlc_error &told) : std::runtime_error(told.message), told_(told)
    {
    }
    mlc_status code() const noexcept
    {
        return told_.code;
    }
    const mlc_error &told() const noexcept
    {
        return told_;
    }

  private:
    mlc_error told_;
};
#endif

namespace detail {

/** The caller's error, or one of our own that is thrown. */
class reporter {
  public:
    explicit reporter(mlc_error *given) : given_(given), own_(MLC_ERROR_INIT)
    {
    }
    mlc_error *slot()
    {
        return given_ == nullptr ? &own_ : given_;
    }
    bool ok(mlc_status status)
    {
        if (status == MLC_OK)
            return true;
#if !defined(MLC_NO_EXCEPTIONS)
        if (given_ == nullptr)
            throw error(own_);
#endif
        return false;
    }

  private:
    mlc_error *given_, own_;
};

inline std::string text_of(const char *text)
{
    return text == nullptr ? std::string() : std::string(text);
}

} // namespace detail

/* ----------------------------------------------------------------------- parameters */

class pairs;

/** Text pairs: mlc::params{{"trees", "300"}, {"leaves", "31"}}. */
class params {
  public:
    params()
    {
    }
    params(std::initializer_list<std::pair<std::string, std::string>> pairs)
    {
        for (const auto &pair : pairs)
            add(pair.first, pair.second);
    }
    params &add(const std::string &name, const std::string &value)
    {
        texts_.push_back(name);
        texts_.push_back(value);
        return *this;
    }
    params &add(const std::string &name, std::int64_t value)
    {
        return add(name, std::to_string(value));
    }

  private:
    friend class pairs;
    std::vector<std::string> texts_;
};

/** The same as the C functions want them; lives for the call. */
class pairs {
  public:
    explicit pairs(const params &from)
    {
        for (const auto &text : from.texts_)
            pointers_.push_back(text.c_str());
        pointers_.push_back(nullptr);
    }
    operator const char * const *() const
    {
        return pointers_.data();
    }

  private:
    std::vector<const char *> pointers_;
};

/* -------------------------------------------------------------------------- handles */

/** Owns one C handle. */
template <class T, void (*Destroy)(T *)> class handle {
  public:
    handle() noexcept : handle_(nullptr)
    {
    }
    explicit handle(T *taken) noexcept : handle_(taken)
    {
    }
    handle(handle &&other) noexcept : handle_(other.release())
    {
    }
    handle &operator=(handle &&other) noexcept
    {
        reset(other.release());
        return *this;
    }
    handle(const handle &) = delete;
    handle &operator=(const handle &) = delete;
    ~handle()
    {
        Destroy(handle_);
    }

    T *get() const noexcept
    {
        return handle_;
    }
    T *release() noexcept
    {
        T *taken = handle_;
        handle_ = nullptr;
        return taken;
    }
    void reset(T *taken = nullptr) noexcept
    {
        T *old = handle_;
        handle_ = taken;
        if (old != taken)
            Destroy(old);
    }
    explicit operator bool() const noexcept
    {
        return handle_ != nullptr;
    }

  protected:
    T *handle_;
};

/* --------------------------------------------------------------------------- fields */

/** How a member's type is stored; a type that is not here is no field. */
template <class T> struct storage_of {
    static constexpr std::int32_t value = 0;
    static constexpr std::int64_t text_size = 0;
};
#define MLC_CPP_STORAGE(type, storage)                                                         \
    template <> struct storage_of<type> {                                                      \
        static constexpr std::int32_t value = storage;                                         \
        static constexpr std::int64_t text_size = 0;                                           \
    }
MLC_CPP_STORAGE(std::int8_t, MLC_INT8);
MLC_CPP_STORAGE(std::int16_t, MLC_INT16);
MLC_CPP_STORAGE(std::int32_t, MLC_INT32);
MLC_CPP_STORAGE(std::int64_t, MLC_INT64);
MLC_CPP_STORAGE(std::uint8_t, MLC_UINT8);
MLC_CPP_STORAGE(std::uint16_t, MLC_UINT16);
MLC_CPP_STORAGE(std::uint32_t, MLC_UINT32);
MLC_CPP_STORAGE(std::uint64_t, MLC_UINT64);
MLC_CPP_STORAGE(float, MLC_FLOAT32);
MLC_CPP_STORAGE(double, MLC_FLOAT64);
MLC_CPP_STORAGE(bool, MLC_BOOL);
MLC_CPP_STORAGE(char *, MLC_UTF8);
MLC_CPP_STORAGE(const char *, MLC_UTF8);
#undef MLC_CPP_STORAGE
template <std::size_t N> struct storage_of<char[N]> {
    static constexpr std::int32_t value = MLC_UTF8;
    static constexpr std::int64_t text_size = static_cast<std::int64_t>(N);
};

/** One member of a host's struct; by MLC_CPP_FIELD, so that the compiler checks its type. */
template <class Struct, class Member>
mlc_field field(const char *name, std::size_t offset, std::int32_t storage = 0)
{
    static_assert(std::is_standard_layout<Struct>::value,
                  "a struct whose members are fields must have standard layout");
    static_assert(storage_of<Member>::value != 0,
                  "a field is a number, a bool, a pointer to text or an array of char");
    mlc_field made = {name,
                      storage != 0 ? storage : storage_of<Member>::value,
                      0,
                      static_cast<std::int64_t>(offset),
                      storage_of<Member>::text_size,
                      0,
                      {0, 0}};
    return made;
}

/** A member under its own name. */
#define MLC_CPP_FIELD(struct_type, member)                                                     \
    (mlc::field<struct_type, decltype(struct_type::member)>(#member,                           \
                                                            offsetof(struct_type, member)))
/** An int64 member that is a time: MLC_TIMESTAMP_S .. _NS. */
#define MLC_CPP_TIME(struct_type, member, unit)                                                \
    (mlc::field<struct_type, decltype(struct_type::member)>(                                   \
        #member, offsetof(struct_type, member), unit))

/** The fields of one struct: mlc::fields<trade>{MLC_CPP_FIELD(trade, price), ...}. */
template <class Struct> class fields {
  public:
    fields(std::initializer_list<mlc_field> list) : list_(list)
    {
    }
    const mlc_field *data() const
    {
        return list_.data();
    }
    std::int64_t size() const
    {
        return static_cast<std::int64_t>(list_.size());
    }

  private:
    std::vector<mlc_field> list_;
};

/* -------------------------------------------------------------------------- context */

class context : public handle<mlc_context, mlc_context_destroy> {
  public:
    /** With so many lanes; 0 or 1: no thread is made. */
    explicit context(std::uint32_t threads = 0, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_context_options options = {};
        options.size = sizeof options;
        options.threads = threads;
        report.ok(mlc_context_create(&options, &handle_, report.slot()));
    }
    explicit context(const mlc_context_options &options, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_context_create(&options, &handle_, report.slot()));
    }
};

/* -------------------------------------------------------------------------- results */

class result : public handle<mlc_result, mlc_result_destroy> {
  public:
    using handle::handle;
    result()
    {
    }
    std::string json() const
    {
        return detail::text_of(mlc_result_json(handle_));
    }
    bool accepted() const
    {
        return mlc_result_accepted(handle_) == MLC_ACCEPTED;
    }
    /** A number, with its interval, by its name. */
    mlc_quantity quantity(const std::string &name, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_quantity found = {};
        found.size = sizeof found;
        report.ok(mlc_result_get(handle_, name.c_str(), &found, report.slot()));
        return found;
    }
    double value(const std::string &name, mlc_error *err = nullptr) const
    {
        return quantity(name, err).value;
    }
};

/* ------------------------------------------------------------------------- datasets */

class dataset : public handle<mlc_dataset, mlc_dataset_destroy> {
  public:
    using handle::handle;
    dataset()
    {
    }
    static dataset read(const context &ctx, const std::string &path,
                        const params &told = params(), mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        dataset made;
        report.ok(mlc_dataset_read(ctx.get(), path.c_str(), pairs(told), &made.handle_, nullptr,
                                   report.slot()));
        return made;
    }
    /** Over an array of the host's, which stays unchanged until the dataset goes. */
    template <class Struct>
    static dataset borrow(const context &ctx, const Struct *rows, std::int64_t n,
                          const fields<Struct> &members, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        dataset made;
        report.ok(mlc_dataset_borrow(ctx.get(), rows, n, sizeof(Struct), members.data(),
                                     members.size(), &made.handle_, report.slot()));
        return made;
    }
    std::int64_t rows() const
    {
        return mlc_dataset_rows(handle_);
    }
    std::int64_t columns() const
    {
        return mlc_dataset_columns(handle_);
    }
    std::string column_name(std::int64_t column) const
    {
        return detail::text_of(mlc_dataset_column_name(handle_, column));
    }
    /** A column as doubles; missing is NaN. */
    std::vector<double> numbers(const std::string &column, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        std::vector<double> out(static_cast<std::size_t>(rows()));
        if (!report.ok(mlc_dataset_numbers(handle_, mlc_dataset_find(handle_, column.c_str()),
                                           0, rows(), out.data(), report.slot())))
            out.clear();
        return out;
    }
    dataset slice(std::int64_t row, std::int64_t n, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        dataset made;
        report.ok(mlc_dataset_slice(handle_, row, n, &made.handle_, report.slot()));
        return made;
    }
    std::pair<dataset, dataset> split(const params &told = params(),
                                      mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        std::pair<dataset, dataset> made;
        report.ok(mlc_dataset_split(handle_, pairs(told), &made.first.handle_,
                                    &made.second.handle_, report.slot()));
        return made;
    }
    bool write(const std::string &path, const params &told = params(),
               mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        return report.ok(mlc_dataset_write(handle_, path.c_str(), pairs(told), report.slot()));
    }
};

/* ---------------------------------------------------------------------------- steps */

class cleaner : public handle<mlc_cleaner, mlc_cleaner_destroy> {
  public:
    using handle::handle;
    explicit cleaner(const context &ctx, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_cleaner_create(ctx.get(), &handle_, report.slot()));
    }
    cleaner &add(const std::string &kind, const params &told = params(),
                 mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_cleaner_add(handle_, kind.c_str(), pairs(told), report.slot()));
        return *this;
    }
    cleaner &fit(const dataset &data, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_cleaner_fit(handle_, data.get(), report.slot()));
        return *this;
    }
    dataset apply(const dataset &data, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_dataset *made = nullptr;
        report.ok(mlc_cleaner_apply(handle_, data.get(), &made, nullptr, report.slot()));
        return dataset(made);
    }
    static cleaner load(const context &ctx, const std::string &path, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_cleaner *made = nullptr;
        report.ok(mlc_cleaner_load(ctx.get(), path.c_str(), &made, report.slot()));
        return cleaner(made);
    }
    bool save(const std::string &path, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        return report.ok(mlc_cleaner_save(handle_, path.c_str(), report.slot()));
    }
    /** Fit and clean at once; journal and report may be NULL. */
    dataset run(const dataset &data, dataset *journal = nullptr, result *done = nullptr,
                mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_dataset *made = nullptr, *changes = nullptr;
        mlc_result *told = nullptr;
        report.ok(mlc_cleaner_run(handle_, data.get(), nullptr, &made,
                                  journal == nullptr ? nullptr : &changes,
                                  done == nullptr ? nullptr : &told, report.slot()));
        if (journal != nullptr)
            journal->reset(changes);
        if (done != nullptr)
            done->reset(told);
        return dataset(made);
    }
};

class transformer : public handle<mlc_transformer, mlc_transformer_destroy> {
  public:
    using handle::handle;
    explicit transformer(const context &ctx, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_transformer_create(ctx.get(), &handle_, report.slot()));
    }
    transformer &add(const std::string &kind, const params &told = params(),
                     mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_transformer_add(handle_, kind.c_str(), pairs(told), report.slot()));
        return *this;
    }
    transformer &fit(const dataset &data, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_transformer_fit(handle_, data.get(), report.slot()));
        return *this;
    }
    dataset apply(const dataset &data, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_dataset *made = nullptr;
        report.ok(mlc_transformer_apply(handle_, data.get(), &made, nullptr, report.slot()));
        return dataset(made);
    }
    static transformer load(const context &ctx, const std::string &path,
                            mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_transformer *made = nullptr;
        report.ok(mlc_transformer_load(ctx.get(), path.c_str(), &made, report.slot()));
        return transformer(made);
    }
    bool save(const std::string &path, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        return report.ok(mlc_transformer_save(handle_, path.c_str(), report.slot()));
    }
};

/* ------------------------------------------------------------------ models, bindings */

/** Answers structs of one type, without a lock and without an allocation. */
template <class Struct> class binding : public handle<mlc_binding, mlc_binding_destroy> {
  public:
    using handle<mlc_binding, mlc_binding_destroy>::handle;
    binding()
    {
    }
    bool predict(const Struct *rows, std::int64_t n, double *out, mlc_answer *info = nullptr,
                 mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_binding_predict(this->handle_, rows, n, out, info, report.slot()));
    }
    bool predict(const Struct &row, double *out, mlc_answer *info = nullptr,
                 mlc_error *err = nullptr)
    {
        return predict(&row, 1, out, info, err);
    }
    bool check(const Struct &row, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_binding_check(this->handle_, &row, report.slot()));
    }
};

class model : public handle<mlc_model, mlc_model_destroy> {
  public:
    using handle::handle;
    model()
    {
    }
    static model load(const context &ctx, const std::string &path, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        model made;
        report.ok(mlc_model_load(ctx.get(), path.c_str(), &made.handle_, report.slot()));
        return made;
    }
    bool save(const std::string &path, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        return report.ok(mlc_model_save(handle_, path.c_str(), report.slot()));
    }
    std::int64_t outputs() const
    {
        return mlc_model_outputs(handle_);
    }
    std::string output_name(std::int64_t output) const
    {
        return detail::text_of(mlc_model_output_name(handle_, output));
    }
    std::string hash() const
    {
        return detail::text_of(mlc_model_hash(handle_));
    }
    /** rows x outputs(), row after row. */
    std::vector<double> predict(const dataset &data, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        std::vector<double> out(static_cast<std::size_t>(data.rows() * outputs()));
        if (!report.ok(
                mlc_model_predict(handle_, data.get(), out.data(), nullptr, report.slot())))
            out.clear();
        return out;
    }
    result evaluate(const dataset &data, const params &told = params(),
                    mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_result *made = nullptr;
        report.ok(mlc_evaluate(handle_, data.get(), pairs(told), &made, report.slot()));
        return result(made);
    }
    /** Rows of now against what the model was fitted on; value("drifted") tells. */
    result drift(const dataset &now, const params &told = params(),
                 mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_result *made = nullptr;
        report.ok(mlc_drift_model(handle_, now.get(), pairs(told), &made, report.slot()));
        return result(made);
    }
    template <class Struct>
    binding<Struct> bind(const fields<Struct> &members, mlc_error *err = nullptr) const
    {
        detail::reporter report(err);
        mlc_binding *made = nullptr;
        report.ok(mlc_model_bind(handle_, members.data(), members.size(), sizeof(Struct), &made,
                                 report.slot()));
        return binding<Struct>(made);
    }
};

class trainer : public handle<mlc_trainer, mlc_trainer_destroy> {
  public:
    trainer(const context &ctx, const std::string &kind, const params &told,
            mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(
            mlc_trainer_create(ctx.get(), kind.c_str(), pairs(told), &handle_, report.slot()));
    }
    bool set(const cleaner &steps, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_trainer_set_cleaner(handle_, steps.get(), report.slot()));
    }
    bool set(const transformer &steps, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_trainer_set_transformer(handle_, steps.get(), report.slot()));
    }
    model fit(const dataset &train, const dataset &valid = dataset(), mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_model *made = nullptr;
        report.ok(mlc_trainer_fit(handle_, train.get(), valid.get(), &made, report.slot()));
        return model(made);
    }
    bool begin(const dataset &train, const dataset &valid = dataset(), mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_trainer_begin(handle_, train.get(), valid.get(), report.slot()));
    }
    /** Work for so many microseconds; true when nothing is left to do, and after a failure. */
    bool step(std::int64_t budget_us, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int32_t done = 0;
        return !report.ok(mlc_trainer_step(handle_, budget_us, &done, report.slot())) ||
               done != 0;
    }
    model finish(mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_model *made = nullptr;
        report.ok(mlc_trainer_finish(handle_, &made, report.slot()));
        return model(made);
    }
};

/* ----------------------------------------------------------------- store, deployment */

class store : public handle<mlc_store, mlc_store_destroy> {
  public:
    store(const context &ctx, const std::string &path, const params &told = params(),
          mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(
            mlc_store_open(ctx.get(), path.c_str(), pairs(told), &handle_, report.slot()));
    }
    mlc_fetched fetch(const std::string &name, const std::string &source,
                      const params &told = params(), mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_fetched fetched = {};
        fetched.size = sizeof fetched;
        report.ok(mlc_store_fetch(handle_, name.c_str(), source.c_str(), pairs(told), &fetched,
                                  report.slot()));
        return fetched;
    }
    /** The new version; 0 after a failure. */
    std::int64_t put(const std::string &name, const dataset &data, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int64_t version = 0;
        report.ok(mlc_store_put(handle_, name.c_str(), data.get(), &version, report.slot()));
        return version;
    }
    std::int64_t append(const std::string &name, const dataset &data, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int64_t version = 0;
        report.ok(mlc_store_append(handle_, name.c_str(), data.get(), &version, report.slot()));
        return version;
    }
    /** NAME or NAME@VERSION. */
    dataset load(const std::string &name, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_dataset *made = nullptr;
        report.ok(mlc_store_dataset(handle_, name.c_str(), &made, report.slot()));
        return dataset(made);
    }
    std::int64_t publish(const std::string &name, const model &published,
                         const result &quality = result(), mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int64_t version = 0;
        report.ok(mlc_registry_publish(handle_, name.c_str(), published.get(), quality.get(),
                                       &version, report.slot()));
        return version;
    }
    bool promote(const std::string &name, std::int64_t version,
                 const std::string &stage = "production", const std::string &why = "",
                 mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        return report.ok(mlc_registry_promote(handle_, name.c_str(), version, stage.c_str(),
                                              why.c_str(), report.slot()));
    }
    /** The version that is in the stage now; 0 after a failure. */
    std::int64_t rollback(const std::string &name, const std::string &stage = "production",
                          const std::string &why = "", mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int64_t version = 0;
        report.ok(mlc_registry_rollback(handle_, name.c_str(), stage.c_str(), why.c_str(),
                                        &version, report.slot()));
        return version;
    }
    /** NAME for the version in production, or NAME@VERSION. */
    model load_model(const std::string &name, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_model *made = nullptr;
        report.ok(mlc_registry_model(handle_, name.c_str(), &made, report.slot()));
        return model(made);
    }
};

class deployment : public handle<mlc_deployment, mlc_deployment_destroy> {
  public:
    deployment(const store &from, const std::string &name, const params &told = params(),
               mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        report.ok(mlc_deployment_open(from.get(), name.c_str(), pairs(told), &handle_,
                                      report.slot()));
    }
    /** The version that answers from now on; 0 after a failure. */
    std::int64_t refresh(mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        std::int64_t version = 0;
        bool fresh = report.ok(mlc_deployment_refresh(handle_, &version, report.slot()));
        return fresh ? version : 0;
    }
    std::int64_t version() const
    {
        return mlc_deployment_version(handle_);
    }
    template <class Struct>
    binding<Struct> bind(const fields<Struct> &members, mlc_error *err = nullptr)
    {
        detail::reporter report(err);
        mlc_binding *made = nullptr;
        report.ok(mlc_binding_create(handle_, members.data(), members.size(), sizeof(Struct),
                                     &made, report.slot()));
        return binding<Struct>(made);
    }
};

} // namespace mlc

#endif
