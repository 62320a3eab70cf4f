namespace Understudy.Configuration;

/// <summary>What an operator may do; each role may do what those before it may.</summary>
public enum OperatorRole
{
    /// <summary>Sees everything that holds no content.</summary>
    Viewer,

    /// <summary>Pulls the levers, answers for the house, acknowledges alarms.</summary>
    Operator,

    /// <summary>Everything, what cannot be taken back included.</summary>
    Admin,
}
