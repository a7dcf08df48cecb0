/*
 * turn.cpp - one turn of the cycle by mlcycle.hpp alone: with exceptions, with codes, moved
 * about
 */
#include <cstdio>
#include <cstring>
#include <string>

#include "mlcycle.hpp"

static int wrong = 0;
#define WANT(holds)                                                                            \
    do {                                                                                       \
        if (!(holds)) {                                                                        \
            std::printf("line %d: %s\n", __LINE__, #holds);                                    \
            wrong++;                                                                           \
        }                                                                                      \
    } while (0)

struct trade {
    double price, amount;
    char country[8];
    std::int64_t when;
    bool night;
    double fraud;
};

static mlc::fields<trade> trade_fields()
{
    return {MLC_CPP_FIELD(trade, price),   MLC_CPP_FIELD(trade, amount),
            MLC_CPP_FIELD(trade, country), MLC_CPP_TIME(trade, when, MLC_TIMESTAMP_S),
            MLC_CPP_FIELD(trade, night),   MLC_CPP_FIELD(trade, fraud)};
}

static void fill(trade *trades, unsigned n)
{
    static const char *const countries[] = {"us", "US ", "de", "fr"};
    for (unsigned r = 0; r < n; r++) {
        unsigned x = r * 2654435761u >> 8;
        trades[r] = trade();
        trades[r].price = x % 1000 / 8.0;
        trades[r].amount = x % 9 + 1.0;
        std::strcpy(trades[r].country, countries[x % 4]);
        trades[r].when = std::int64_t(x) * 60;
        trades[r].night = x % 2 != 0;
        trades[r].fraud = trades[r].price / trades[r].amount > 25 ? 1 : 0;
    }
}

static void turn(const std::string &folder)
{
    enum { N = 2000 };
    static trade trades[N];
    fill(trades, N);
    mlc_error err = MLC_ERROR_INIT;
    mlc::context ctx(2, &err);
    WANT(ctx && err.code == MLC_OK);

    mlc::dataset all = mlc::dataset::borrow(ctx, trades, N, trade_fields(), &err);
    mlc::store store(ctx, folder + "/trades.db", mlc::params(), &err);
    WANT(store.put("trades", all, &err) == 1);
    mlc::dataset raw = store.load("trades@1", &err);
    WANT(raw.rows() == N && raw.columns() == 6 && raw.column_name(0) == "price");
    WANT(raw.numbers("price", &err)[3] == trades[3].price);

    std::pair<mlc::dataset, mlc::dataset> parts =
        raw.split(mlc::params{{"share", "0.25"}}, &err);
    mlc::cleaner cleaner(ctx, &err);
    cleaner.add("standardize", mlc::params{{"columns", "country"}, {"case", "upper"}}, &err);
    mlc::transformer features(ctx, &err);
    features.add("derive", mlc::params{{"name", "unit"}, {"as", "price / amount"}}, &err);
    mlc::trainer trainer(ctx, "gbdt", mlc::params{{"target", "fraud"}}.add("trees", 20), &err);
    WANT(trainer.set(cleaner, &err) && trainer.set(features, &err));
    mlc::model model = trainer.fit(parts.first, mlc::dataset(), &err);
    WANT(model && model.outputs() == 2 && model.output_name(1) == "1");

    mlc::result quality =
        model.evaluate(parts.second, mlc::params{{"accept", "auc >= 0.9"}}, &err);
    WANT(quality.accepted() && quality.value("auc", &err) > 0.9);
    WANT(quality.json().find("\"auc\"") != std::string::npos);
    WANT(model.drift(parts.second, mlc::params(), &err).value("drifted", &err) == 0);
    WANT(store.publish("fraud", model, quality, &err) == 1);
    WANT(store.promote("fraud", 1, "production", "first", &err));
    mlc::deployment live(store, "fraud", mlc::params(), &err);
    mlc::binding<trade> binding = live.bind(trade_fields(), &err);
    double out[2];
    mlc_answer info;
    WANT(binding.predict(trades[5], out, &info, &err) && info.variant == 1);
    WANT(out[1] == model.predict(raw, &err)[2 * 5 + 1]); /* the same bits */
    WANT(binding.check(trades[5], &err));
    WANT(store.publish("fraud", model, mlc::result(), &err) == 2);
    WANT(store.promote("fraud", 2, "production", "", &err) && live.refresh(&err) == 2);
    WANT(store.rollback("fraud", "production", "", &err) == 1 && live.refresh(&err) == 1);
    WANT(model.save(folder + "/fraud.mlcm", &err));
    WANT(mlc::model::load(ctx, folder + "/fraud.mlcm", &err).hash() == model.hash());
    WANT(features.fit(raw, &err).save(folder + "/unit.transformer", &err));
    mlc::dataset made =
        mlc::transformer::load(ctx, folder + "/unit.transformer", &err).apply(raw, &err);
    WANT(made.columns() == 7 &&
         made.numbers("unit", &err)[3] == trades[3].price / trades[3].amount);
    WANT(cleaner.fit(raw, &err).save(folder + "/country.cleaner", &err));
    WANT(mlc::cleaner::load(ctx, folder + "/country.cleaner", &err).apply(raw, &err).rows() ==
         N);
    WANT(err.code == MLC_OK);

    mlc::model moved(std::move(model)); /* a handle has one owner */
    WANT(moved && !model);
    moved = mlc::model();
    WANT(!moved);

    mlc_error told = MLC_ERROR_INIT; /* codes by choice */
    mlc::trainer bad(ctx, "gbtd", mlc::params{{"target", "fraud"}}, &told);
    WANT(!bad && told.code == MLC_ERROR_NOT_FOUND);
    WANT(!bad.fit(raw, mlc::dataset(), &told)); /* the first cause stays */
    WANT(told.code == MLC_ERROR_NOT_FOUND && std::strstr(told.message, "gbdt") != nullptr);
}

#if !defined(MLC_NO_EXCEPTIONS)
static void thrown(const std::string &folder)
{
    mlc::context ctx;
    try {
        mlc::dataset::read(ctx, folder + "/absent.csv");
        WANT(!"nothing was thrown");
    } catch (const mlc::error &e) {
        WANT(e.code() == MLC_ERROR_NOT_FOUND && std::string(e.what()).find("absent.csv") > 0);
        WANT(e.told().code == e.code());
    }
    try {
        mlc::trainer t(ctx, "gbdt", mlc::params{{"target", "a"}, {"tree", "3"}});
        WANT(!"nothing was thrown");
    } catch (const std::runtime_error &e) {
        WANT(std::string(e.what()).find("did you mean 'trees'") != std::string::npos);
    }
}
#endif

int main(int, char **argv)
{
    turn(argv[1]);
#if !defined(MLC_NO_EXCEPTIONS)
    thrown(argv[1]);
#endif
    std::printf("%s\n", wrong == 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
    return wrong != 0;
}
