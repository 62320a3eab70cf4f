using Understudy.Calls;
using Understudy.Coalescing;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Routing;
using Understudy.Streaming;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>One admitted call on its way through the pipeline. Belongs to that one call; not thread-safe.</summary>
public sealed class Call
{
    private CallRequest _request = null!;
    private Route _route = null!;
    private Conversation? _conversation;

    /// <summary>What the client asked for.</summary>
    public required CallRequest Request { get => _request; init => _request = value; }

    /// <summary>Where the answer goes: first the client's own sink, then the flight that writes to it.</summary>
    public required IAnswerSink Sink { get => Flight ?? field; init; }

    /// <summary>The policy in force when it came.</summary>
    public required EngineModel Model { get; init; }

    /// <summary>Its ladder.</summary>
    public required Route Route { get => _route; init => _route = value; }

    /// <summary>Its tolerances.</summary>
    public required UseCaseModel UseCase { get; init; }

    /// <summary>Who calls; null for a caller without a key.</summary>
    public ClientModel? Client { get; init; }

    /// <summary>What is told of it in the end.</summary>
    public required CallRecord Record { get; init; }

    /// <summary>
    /// Whether it is deferred work that is done now: only models answer it, it takes no last resort, and leaves a part of
    /// each rate limit to those who wait.
    /// </summary>
    internal bool IsReplay { get; init; }

    /// <summary>Whether the sink has been begun: the client has seen something, and nothing can be taken back.</summary>
    internal bool Begun { get; set; }

    /// <summary>
    /// Whether the head of a stream has gone out, and with it signs of life, but no content: a person is asked. Any rung
    /// may still answer, only the headers are what they are.
    /// </summary>
    internal bool Announced { get; set; }

    /// <summary>The call as others can join it; null until it takes its own way.</summary>
    internal Flight? Flight { get; set; }

    /// <summary>Puts another order of the same ladder in place of the operator's written one: before anybody has looked at it.</summary>
    internal void Reroute(Route route) => _route = route;

    /// <summary>Puts a request in place of the client's.</summary>
    internal void Replace(CallRequest request)
    {
        _request = request;
        _conversation = null; // it is of the other one
    }

    /// <summary>
    /// The request in canonical form: read on the first need, for equal protocols never. A host whose callers speak objects
    /// has it already, and gives it along with the body that says the same.
    /// </summary>
    public Conversation? Conversation { get => _conversation; init => _conversation = value; }

    /// <summary>Whether it ends at once when its caller leaves, whatever the policy says of retries that come back. Default false.</summary>
    public bool EndsWithItsCaller { get; init; }

    /// <summary>Keeps what was read.</summary>
    internal void Understand(Conversation conversation) => _conversation = conversation;

    /// <summary>Under which key its answer may be kept and an earlier one given; null where neither may be, and where no rung asks for it.</summary>
    internal CachePass? Cache { get; set; }

    /// <summary>The client's side of a translated or a continued answer; null while bytes only pass.</summary>
    internal ClientLane? Lane { get; set; }
}
