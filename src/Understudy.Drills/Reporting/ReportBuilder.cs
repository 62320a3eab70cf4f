using System.Globalization;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Drills.Measuring;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies;

namespace Understudy.Drills.Reporting;

/// <summary>Makes a report of the books.</summary>
public static class ReportBuilder
{
    /// <summary>The share of calls from which the primary serves everything again.</summary>
    private const double FullShare = 0.95;

    /// <summary>Makes it.</summary>
    public static DrillReport Build(DrillSetup setup, IReadOnlyList<DrillRun> runs) => new()
    {
        Scenario = new()
        {
            Id = setup.Scenario.Id,
            Title = setup.Scenario.Title,
            Why = setup.Scenario.Why,
            Minutes = setup.Scenario.Minutes,
            WellFromMinute = Rounded(setup.Scenario.WellFrom, 2),
            IllFromMinute = IllFrom(setup) is { } ill ? Rounded(ill, 2) : null,
            Phases = [.. setup.Scenario.Phases.Select(phase => new PhasePart(phase.Name, phase.FromMinute, phase.ToMinute, MixWords(phase), phase.Evidence))],
        },
        Setup = new()
        {
            Seed = setup.Seed,
            Traffic = setup.Source.Words,
            Rate = setup.Rate,
            Calls = setup.Summary.Calls,
            Streams = setup.Summary.Streams,
            Sessions = setup.Summary.Sessions,
            MinutesBefore = setup.Before.TotalMinutes,
            MinutesAfter = setup.After.TotalMinutes,
            Ladders = [.. setup.Asked.Select(asked => $"{asked.Model}: {string.Join(" → ", asked.Ladder.Select(candidate => candidate.Name))}")],
            Sick = setup.Sick,
            QuotaPerMinute = setup.QuotaPerMinute,
            NormalUsd = NormalUsd(setup),
            RevenuePerHour = setup.RevenuePerHour,
        },
        Strategies = [.. runs.Select(run => Strategy(setup, run))],
        Assumptions = Assumptions.Of(setup),
    };

    private static StrategyPart Strategy(DrillSetup setup, DrillRun run)
    {
        var books = run.Recorder;
        var engine = run.Strategy as EngineStrategy;
        var detected = Detected(setup, books);
        var unanswered = books.Failed + books.Cut + books.Notices;
        return new()
        {
            Name = run.Strategy.Name,
            Words = run.Strategy.Words,
            Calls = books.Calls,
            Answered = books.Answered,
            Degraded = books.Degraded,
            Failed = books.Failed,
            Cut = books.Cut,
            Deferred = books.Deferred,
            Notices = books.Notices,
            Rungs = engine is not null && setup.Policy.Routes.SelectMany(route => route.Ladder).Any(rung => rung is not TargetRung) ? Rungs(books, engine) : null,
            Told = [.. books.Statuses.OrderByDescending(told => told.Value).ThenBy(told => told.Key).Select(told => new ToldPart(told.Key, told.Value))],
            Hanging = books.Hanging,
            WrongUnseen = books.Wrong,
            Continued = engine?.Continued,
            ReadBack = engine?.ReadBack,
            ReadWrong = engine?.ReadWrong,
            FirstToken = FirstToken(books),
            Attempts = books.Attempts,
            Probes = books.Probes,
            MostAttempts = books.MostAttempts,
            TokensBilled = books.TokensBilled,
            TokensWasted = books.TokensWasted,
            WastedShare = Share(books.TokensWasted, books.TokensBilled),
            Usd = Dollars(books.Billed),
            WastedUsd = Dollars(books.Wasted),
            MinutesToDetect = detected is { } at && books.FirstBad is { } bad ? Rounded((at - bad).TotalMinutes, 2) : null,
            MinutesToDetectSinceIll = detected is { } when && IllFrom(setup) is { } ill ? Rounded((when - setup.Before).TotalMinutes - ill, 2) : null,
            MinutesToAlarm = engine is not null ? Alarmed(engine, run.World) : null,
            AlarmsTold = engine?.Told.Count(message => message.Kind == AlarmMessageKind.Trigger),
            BadUntilDetected = books.BadBefore(detected),
            MinutesToReturn = Returned(setup, books),
            MinutesToQuotaGone = books.QuotaGone is { } gone ? Rounded((gone - setup.Before).TotalMinutes, 2) : null,
            GaveUpAfterSeconds = books.GaveUpAfter is { } gaveUp ? Rounded(gaveUp.TotalSeconds, 1) : null,
            OutageLeftSeconds = books.FirstGaveUp is { } first ? Math.Round(Math.Max(0, (setup.Before + TimeSpan.FromMinutes(setup.Scenario.Minutes) - first).TotalSeconds)) : null,
            SessionsNoticed = books.Noticed,
            NoticedShare = Share(books.Noticed, setup.Summary.Sessions),
            RevenueLost = Math.Round(setup.RevenuePerHour * (decimal)setup.Length.TotalHours * unanswered / Math.Max(1, books.Calls), 0),
            Timeline = Timeline(setup, books),
        };
    }

    private static RungsPart Rungs(Recorder books, EngineStrategy engine)
    {
        var deferred = engine.Deferred;
        TimeSpan[] done = [.. deferred.Done.Order()];
        return new()
        {
            Models = books.Answered + books.Degraded - books.Stale - books.ByPerson,
            Stale = books.Stale,
            Person = books.ByPerson,
            Deferred = deferred.Accepted,
            DeferredDone = done.Length,
            DeferredExpired = deferred.Expired,
            DeferredFailed = deferred.Failed,
            DeferredWaiting = deferred.Open,
            LaterMinutesP50 = Later(0.5),
            LaterMinutesP99 = Later(0.99),
            Notices = books.Notices,
            Failed = books.Failed + books.Cut,
        };

        double? Later(double share) => done.Length == 0 ? null : Rounded(done[Math.Min(done.Length - 1, (int)(done.Length * share))].TotalMinutes, 1);
    }

    private static TimelinePart Timeline(DrillSetup setup, Recorder books)
    {
        var bins = books.Bins;
        var servers = setup.Asked.SelectMany(asked => asked.Ladder).Select(candidate => candidate.Name)
            .Concat(bins.SelectMany(bin => bin.Served.Keys).Order(StringComparer.Ordinal)).Distinct()
            .Where(name => bins.Any(bin => bin.Served.ContainsKey(name)));
        return new()
        {
            BinMinutes = Rounded(books.BinWidth.TotalMinutes, 4),
            FromMinute = -setup.Before.TotalMinutes,
            Calls = [.. bins.Select(bin => bin.Calls)],
            Failed = [.. bins.Select(bin => bin.Failed)],
            Served = [.. servers.Select(name => new ServedPart(name, [.. bins.Select(bin => bin.Served.GetValueOrDefault(name))]))],
            SickAsked = [.. bins.Select(bin => bin.SickAsked)],
            SickBad = [.. bins.Select(bin => bin.SickBad)],
            FirstTokenP95 = [.. bins.Select(bin => bin.FirstTokens.Count == 0 ? -1 : At([.. bin.FirstTokens.Order()], 0.95))],
            Usd = [.. bins.Select(bin => Dollars(bin.Billed))],
            WastedUsd = [.. bins.Select(bin => Dollars(bin.Wasted))],
            QuotaLeft = [.. bins.Select(bin => Rounded(bin.QuotaLeft, 3))],
            Breakers = [.. books.Changes.Select(change => change.Target).Distinct().Order(StringComparer.Ordinal).Select(target => Breaker(setup, books, target))],
        };
    }

    private static BreakerPart Breaker(DrillSetup setup, Recorder books, string target)
    {
        var open = new double[books.Bins.Count];
        var opened = 0;
        TimeSpan? since = null;
        foreach (var change in books.Changes.Where(change => change.Target == target))
        {
            if (change.State == 2 && since is null)
            {
                opened++;
                since = change.At;
            }
            else if (change.State != 2 && since is { } from)
            {
                Fill(from, change.At);
                since = null;
            }
        }

        if (since is { } last) Fill(last, setup.Length);
        return new(target, opened, [.. open.Select(minutes => Rounded(minutes, 3))]);

        void Fill(TimeSpan from, TimeSpan to)
        {
            for (var bin = (int)(from / books.BinWidth); bin < open.Length && books.BinWidth * bin < to; bin++)
            {
                var start = books.BinWidth * bin > from ? books.BinWidth * bin : from;
                var end = books.BinWidth * (bin + 1) < to ? books.BinWidth * (bin + 1) : to;
                open[bin] += (end - start).TotalMinutes;
            }
        }
    }

    /// <summary>The minute from which the provider was truly ill for anything that was asked of it.</summary>
    private static double? IllFrom(DrillSetup setup) => setup.Asked.Select(asked => setup.Scenario.IllFrom(asked.Model)).Min();

    /// <summary>When calls were first kept from a sick target.</summary>
    private static TimeSpan? Detected(DrillSetup setup, Recorder books)
    {
        foreach (var change in books.Changes)
        {
            if (change.State == 2 && setup.Sick.Contains(change.Target.Split('/')[0]) && change.At >= books.FirstBad) return change.At;
        }

        return null;
    }

    /// <summary>Minutes from the first bad outcome until somebody was told of anything.</summary>
    private static double? Alarmed(EngineStrategy engine, DrillWorld world)
    {
        if (world.Recorder.FirstBad is not { } bad) return null;
        var began = world.Time.GetUtcNow() - world.Time.Elapsed + bad;
        var first = engine.Told.FirstOrDefault(message => message.At >= began);
        return first is null ? null : Rounded((first.At - began).TotalMinutes, 2);
    }

    /// <summary>Minutes from the provider's recovery to the end of the last stretch in which the primary did not serve (nearly) all that was served.</summary>
    private static double? Returned(DrillSetup setup, Recorder books)
    {
        var primaries = setup.Asked.Select(asked => asked.Ladder[0].Name).ToHashSet();
        var well = setup.Before + TimeSpan.FromMinutes(setup.Scenario.WellFrom);
        TimeSpan? lastBad = null;
        for (var i = 0; i < books.Bins.Count; i++)
        {
            var bin = books.Bins[i];
            var end = books.BinWidth * (i + 1);
            if (end <= well) continue;
            var primary = bin.Served.Where(served => primaries.Contains(served.Key)).Sum(served => served.Value);
            if (primary < bin.Served.Values.Sum() * FullShare) lastBad = end;
        }

        if (lastBad is not { } bad) return 0;
        return bad >= books.BinWidth * books.Bins.Count ? null : Rounded((bad - well).TotalMinutes, 1);
    }

    private static FirstTokenPart? FirstToken(Recorder books)
    {
        int[] all = [.. books.Bins.SelectMany(bin => bin.FirstTokens)];
        if (all.Length == 0) return null;
        Array.Sort(all);
        return new(At(all, 0.5), At(all, 0.95), At(all, 0.99), all[^1]);
    }

    /// <summary>The value at a percentile, by the nearest rank.</summary>
    private static int At(int[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private static decimal NormalUsd(DrillSetup setup)
    {
        long all = 0;
        foreach (var call in setup.Traffic.Calls())
        {
            var primary = setup.Asked[call.Asked].Ladder[0];
            var price = setup.Price(primary.Provider, primary.Model, call.InputTokens);
            all += (call.InputTokens * price.Input) + (call.OutputTokens * price.Output);
        }

        return Dollars(all);
    }

    private static string MixWords(ScenarioPhase phase)
    {
        if (phase.Wave is { } wave) return $"in turns {Words(wave.Bad)}; {Words(wave.Good)}";
        var text = phase.Moves ? $"{Words(phase.Start)} → {Words(phase.End)}" : Words(phase.Start);
        foreach (var (word, mix) in phase.PerModel) text += $"; {word}: {Words(mix)}";
        return phase.Capacity is { } ramp ? string.Create(CultureInfo.InvariantCulture, $"{text}; capacity {100 * ramp.From:0} → {100 * ramp.To:0} % of normal") : text;
    }

    private static string Words(Mix mix) => string.Join(", ", mix.Shares.Where(share => share.Share > 0).Select(share => string.Create(CultureInfo.InvariantCulture, $"{100 * share.Share:0.#} % {share.Outcome.Words}")));

    private static decimal Dollars(long nano) => Math.Round(nano / 1_000_000_000m, 4);

    private static double Share(long part, long whole) => whole == 0 ? 0 : Rounded(part / (double)whole, 6);

    private static double Rounded(double number, int digits) => Math.Round(number, digits, MidpointRounding.AwayFromZero);
}
