using System.Buffers;
using Understudy.Simulator.Faults;

namespace Understudy.Simulator.Serving;

/// <summary>Sends an answer at the provider's pace, piece by piece, past the gate and through the fault.</summary>
internal sealed class AnswerPump(SimulatedProvider provider, ServedCall call, Fault? fault)
{
    // A slow provider has to have a pace to be slow against.
    private static readonly TimeSpan OrdinaryFirstToken = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan OrdinaryInterval = TimeSpan.FromMilliseconds(10);

    // Without a pace a flush a piece would cost a system call each; a client can't tell, since reads are arbitrary anyway.
    private const int PiecesPerFlush = 16;

    private readonly TimeSpan _firstToken = Slowed(provider.Options.FirstTokenDelay, OrdinaryFirstToken, fault);
    private readonly TimeSpan _interval = Slowed(provider.Options.TokenInterval, OrdinaryInterval, fault);

    public async Task StreamAsync(IEnumerable<Frame> frames, int piecesPlanned)
    {
        // 1. Headers.
        var response = call.Http.Response;
        response.ContentType = fault?.ContentType ?? call.Wire.StreamContentType;
        response.Headers.CacheControl = "no-cache";
        await BeginAsync().ConfigureAwait(false);
        if (fault is not null && await AfterHeadersAsync(fault).ConfigureAwait(false)) return;

        // 2. Frames; the fault strikes once, as soon as its pieces are out.
        var strikeAt = fault?.PiecesBefore(piecesPlanned);
        var sent = 0;
        foreach (var frame in frames)
        {
            if (strikeAt is { } due && (frame.Kind == FrameKind.Closing || (sent >= due && (due > 0 || frame.Kind == FrameKind.Content))))
            {
                strikeAt = null;
                await FlushAsync().ConfigureAwait(false);
                if (await fault!.StrikeAsync(call).ConfigureAwait(false)) return;
            }

            if (frame.Kind == FrameKind.Content)
            {
                await BeforePieceAsync(sent).ConfigureAwait(false);
                sent++;
                provider.Stats.BillOutput(1);
            }

            response.BodyWriter.Write(frame.Bytes.Span);
            call.FramesSent++;
            if (sent % PiecesPerFlush == 1) await FlushAsync().ConfigureAwait(false);
        }

        // 3. The end. What the wire does not show piece by piece (hidden reasoning, Gemini's whole calls) is billed too.
        await FlushAsync().ConfigureAwait(false);
        if (piecesPlanned > sent) provider.Stats.BillOutput(piecesPlanned - sent);
        provider.Stats.CallAnswered();
    }

    public async Task WholeAsync(ReadOnlyMemory<byte> body, int pieces)
    {
        for (var piece = 0; piece < pieces; piece++)
        {
            await PaceAsync(piece).ConfigureAwait(false);
            provider.Stats.BillOutput(1);
        }

        var response = call.Http.Response;
        response.ContentType = fault?.ContentType ?? "application/json";
        var strikes = fault?.PiecesBefore(pieces) is not null;
        if (!strikes || fault!.TellsLength) response.ContentLength = body.Length;
        await BeginAsync().ConfigureAwait(false);
        if (fault is not null && await AfterHeadersAsync(fault).ConfigureAwait(false)) return;

        if (strikes)
        {
            var half = body.Length / 2;
            response.BodyWriter.Write(body[..half].Span);
            await FlushAsync().ConfigureAwait(false);
            if (await fault!.StrikeAsync(call).ConfigureAwait(false)) return;
            body = body[half..];
        }

        response.BodyWriter.Write(body.Span);
        await FlushAsync().ConfigureAwait(false);
        provider.Stats.CallAnswered();
    }

    private async Task BeginAsync()
    {
        provider.Stats.AnsweredWith(200);
        await call.Http.Response.StartAsync(call.Gone).ConfigureAwait(false);
    }

    private async Task<bool> AfterHeadersAsync(Fault struck)
    {
        await FlushAsync().ConfigureAwait(false);
        return await struck.AfterHeadersAsync(call).ConfigureAwait(false);
    }

    private async Task BeforePieceAsync(int sent)
    {
        if (provider.Gate.Take(call.Number, sent) is { } hold)
        {
            await FlushAsync().ConfigureAwait(false);
            await hold.ArriveAsync(call.Gone).ConfigureAwait(false);
        }

        await PaceAsync(sent).ConfigureAwait(false);
    }

    private async Task PaceAsync(int sent)
    {
        var pause = sent == 0 ? _firstToken : _interval;
        if (pause <= TimeSpan.Zero) return;
        if (call.Http.Response.HasStarted) await FlushAsync().ConfigureAwait(false);
        await Task.Delay(pause, provider.Options.Time, call.Gone).ConfigureAwait(false);
    }

    private async ValueTask FlushAsync()
    {
        await call.Http.Response.BodyWriter.FlushAsync(call.Gone).ConfigureAwait(false);
        call.Gone.ThrowIfCancellationRequested();
    }

    private static TimeSpan Slowed(TimeSpan pace, TimeSpan ordinary, Fault? fault)
    {
        var slowness = fault?.Slowness ?? 1;
        return slowness <= 1 ? pace : (pace > TimeSpan.Zero ? pace : ordinary) * slowness;
    }
}
