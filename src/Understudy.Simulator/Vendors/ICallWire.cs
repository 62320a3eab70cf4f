using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors;

/// <summary>One endpoint that calls the model: how a request is read and judged, how an answer is written.</summary>
internal interface ICallWire
{
    /// <summary>The model that is asked for, however wrong the rest of the request is; empty when none.</summary>
    string ModelOf(CallSource source);

    /// <summary>Whether it asks for a stream, however wrong the rest is.</summary>
    bool AsksForStream(CallSource source);

    /// <summary>Judges and reads a request.</summary>
    /// <returns>The vendor's refusal, or null when <paramref name="call"/> holds the call.</returns>
    ApiError? Read(CallSource source, out ModelCall call);

    /// <summary>An answer that needs no model (a count of tokens); null when the model is to answer.</summary>
    ReadOnlyMemory<byte>? ShortAnswer(ModelCall call);

    /// <summary>A whole answer.</summary>
    ReadOnlyMemory<byte> Whole(AnswerContext context);

    /// <summary>A streamed answer.</summary>
    IEnumerable<Frame> Stream(AnswerContext context);

    /// <summary>An error in the middle of a stream, after so many frames of it.</summary>
    IEnumerable<Frame> StreamError(AnswerContext context, ApiError error, int framesSent);

    string StreamContentType { get; }
}

/// <summary>A request as it came in.</summary>
internal sealed record CallSource(JsonElement Body, int BodyLength, HttpRequest Request, SimulatorOptions Options);

/// <summary>All that an answer is written from.</summary>
/// <param name="Call">What was asked.</param>
/// <param name="Answer">What is said.</param>
/// <param name="Id">The answer's id without the vendor's prefix.</param>
/// <param name="Ids">More ids.</param>
/// <param name="Now">The time, where the wire tells one.</param>
/// <param name="CacheRead">Input tokens read from the prompt cache.</param>
/// <param name="CacheWritten">Input tokens written to it.</param>
/// <param name="Seed">The provider's seed: signs what only this vendor can check.</param>
internal sealed record AnswerContext(
    ModelCall Call, Answer Answer, string Id, IdSource Ids, DateTimeOffset Now, int CacheRead, int CacheWritten, ulong Seed);
