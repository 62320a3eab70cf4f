using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors;

/// <summary>A vendor: its endpoints, its key, its headers, the shape of its errors.</summary>
internal interface IVendor
{
    /// <summary>The endpoint a POST goes to; null when there is none.</summary>
    ICallWire? FindWire(HttpRequest request);

    /// <summary>Answers what is not a model call (the list of models, a probe); null when there is nothing at that path.</summary>
    ReadOnlyMemory<byte>? Directory(HttpRequest request, SimulatorOptions options);

    /// <summary>The key the caller sent; null when it sent none.</summary>
    string? KeyOf(HttpRequest request);

    ApiError WrongKey(string? key);

    /// <summary>The body is no JSON, or says one thing twice.</summary>
    ApiError NotJson(string why);

    ApiError NoSuchPath(HttpRequest request);

    /// <summary>The status it answers with when it has too much to do.</summary>
    int OverloadStatus { get; }

    /// <summary>What this vendor says with a status, when nobody says otherwise.</summary>
    ApiError Says(int status, string model, double? retryAfter);

    ReadOnlyMemory<byte> ErrorBody(ApiError error, string requestId);

    string NewRequestId(IdSource ids);

    /// <summary>The headers it puts on every answer.</summary>
    void Stamp(HttpResponse response, string requestId, AccountLimits limits);
}

/// <summary>What is left of the account's limits, as the headers tell it.</summary>
internal readonly record struct AccountLimits(long CallsLeft, long TokensLeft, DateTimeOffset Now);
