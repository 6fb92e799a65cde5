(** What a network's theorem asks of the numbers at which its functions are evaluated, as data.

    [demands] lists it from the equations: one demand for every function that is not differentiable everywhere, for every
    maximum, and for every log-sum-exp over a part of its range.  A network that meets them is differentiable where feeding
    forward evaluates it ([demands_suffice]); of one that makes none, nothing is left to ask.  The file of a network states
    the list, and Coq finds that it is the one of its equations. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations Derivatives Pairing Network NetworkTensors Emitted Functions.
Import ListNotations.
Open Scope R_scope.

(** ** Demands as data *)

Inductive need :=
| NotZero (a : expr)
| Positive (a : expr)
| HasDerivative (f o : nat) (a : expr)                            (* at a, of the o-th derivative of the function f *)
| LargestOnce (k n : nat) (gs : list bracket) (a : expr)          (* of the terms of a maximum one alone is the largest *)
| SomeTerm (k n : nat) (gs : list bracket)                        (* a sum over a part has a term *)
| Never.                                                          (* a position, which has no derivative *)

(** A need of the equation [of_equation] of the layer [of_vertex], the number of vertices standing for the cost;
    around: the sums, maxima and log-sum-exps in which it stands, outermost first, for all of whose terms it is. *)
Record demand := Demand { of_vertex : nat; of_equation : nat; around : list (nat * nat * list bracket); what : need }.

Definition needs_of_function (f o : nat) (a : expr) : list need :=
  match f, o with
  | 0%nat, _ => []                                                (* exp *)
  | 6%nat, 0%nat => [NotZero a]                                   (* relu *)
  | 7%nat, 0%nat | 8%nat, 0%nat | 9%nat, 0%nat => [Positive a]    (* sqrt, 1/sqrt, logarithm *)
  | 10%nat, _ => [NotZero a]                                      (* 1/z *)
  | _, 0%nat => if differentiable_everywhere f then [] else [HasDerivative f o a]
  | _, _ => [HasDerivative f o a]
  end.
Definition situated : Type := (list (nat * nat * list bracket) * need)%type.
Definition bare (c : need) : situated := ([], c).
Definition within (k n : nat) (gs : list bracket) (c : situated) : situated := ((k, n, gs) :: fst c, snd c).
Fixpoint needs (a : expr) : list situated :=
  match a with
  | Number _ | Entry _ _ | Bracket _ => []
  | Add a b | Mul a b => needs a ++ needs b
  | Apply f o a => needs a ++ map bare (needs_of_function f o a)
  | Sum k n a => map (within k n []) (needs a)
  | LogSumExp k n gs a =>
      (match gs, n with [], S _ => [] | _, _ => [bare (SomeTerm k n gs)] end) ++ map (within k n gs) (needs a)
  | Maximum k n gs a => bare (LargestOnce k n gs a) :: map (within k n gs) (needs a)
  | ArgMax _ _ _ _ | IndexIs _ _ => [bare Never]
  end.
Fixpoint demands_from (v j : nat) (chain : list equation) : list demand :=
  match chain with
  | [] => []
  | d :: rest => map (fun c => Demand v j (fst c) (snd c)) (needs (body d)) ++ demands_from v (S j) rest
  end.
(** Of all layers, the cost's last. *)
Definition demands (n : nat) (layers : nat -> layer) (cost_layer : layer) : list demand :=
  flat_map (fun v => demands_from v 0 (forward (layers v))) (seq 0 n) ++ demands_from n 0 (forward cost_layer).

Lemma demands_from_vertex : forall v chain j c, In c (demands_from v j chain) -> of_vertex c = v.
Proof.
  intros v. induction chain as [|d rest IH]; intros j c H; [destruct H|]. cbn [demands_from] in H. apply in_app_or in H as [H|H]; [|eapply IH, H].
  apply in_map_iff in H as (s & <- & _). reflexivity.
Qed.
Lemma demands_from_later : forall v chain j c, In c (demands_from v j chain) -> (j <= of_equation c)%nat.
Proof.
  intros v. induction chain as [|d rest IH]; intros j c H; [destruct H|]. cbn [demands_from] in H. apply in_app_or in H as [H|H].
  - apply in_map_iff in H as (s & <- & _). cbn [of_equation]. lia.
  - apply IH in H. lia.
Qed.
Lemma filter_true : forall (A : Type) (l : list A), filter (fun _ => true) l = l.
Proof. induction l as [|a l IH]; cbn [filter]; [reflexivity | now rewrite IH]. Qed.

Section Demands.
  Variable others : functions.
  Notation F := (standard_functions others).
  Variable dims : name -> list Z.

  (** ** What they ask for *)

  Definition met (T : tensors) (e : env) (c : need) : Prop :=
    match c with
    | NotZero a => eval F dims T e a <> 0
    | Positive a => 0 < eval F dims T e a
    | HasDerivative f o a => is_derive (F f o : R -> R_NormedModule) (eval F dims T e a) (F f (S o) (eval F dims T e a))
    | LargestOnce k n gs a =>
        let m := argmax (admitted e k n gs) (fun v => eval F dims T (set e k v) a) in
        admitted e k n gs <> [] /\
        forall v, In v (admitted e k n gs) -> v <> m -> eval F dims T (set e k v) a < eval F dims T (set e k m) a
    | SomeTerm k n gs => admitted e k n gs <> []
    | Never => False
    end.
  (** For all terms of the sums around. *)
  Fixpoint met_around (T : tensors) (e : env) (sums : list (nat * nat * list bracket)) (c : need) : Prop :=
    match sums with
    | [] => met T e c
    | (k, n, gs) :: sums => forall v, In v (admitted e k n gs) -> met_around T (set e k v) sums c
    end.
  (** At every entry of the j-th equation of a chain, T being what the chain starts from. *)
  Fixpoint met_in (j : nat) (chain : list equation) (T : tensors) (sums : list (nat * nat * list bracket)) (c : need) : Prop :=
    match chain, j with
    | [], _ => True
    | d :: _, O => forall p, in_range dims (target d) p = true -> met_around T (at_entry dims d p) sums c
    | d :: rest, S j => met_in j rest (define dims T (target d) (value F dims T d)) sums c
    end.

  Variable n P : nat.
  Variable layers : nat -> layer.
  Variable cost_layer : layer.
  Variable data : nat -> Z -> R.
  Notation map_of := (vertex_map F dims P layers data).
  (** At the numbers that feeding forward gives. *)
  Definition demand_met (theta : Theta dims P) (c : demand) : Prop :=
    let v := of_vertex c in
    if (v <? n)%nat
    then met_in (of_equation c) (forward (layers v)) (tensors_at dims P data (readers layers v) v (feedforward map_of theta v)) (around c) (what c)
    else met_in (of_equation c) (forward cost_layer) (tensors_at dims P data everything n (feedforward map_of theta n)) (around c) (what c).

  (** ** They suffice *)

  Lemma function_needs_suffice : forall f o a T e, (forall c, In c (needs_of_function f o a) -> met T e c) ->
    is_derive (F f o : R -> R_NormedModule) (eval F dims T e a) (F f (S o) (eval F dims T e a)).
  Proof.
    intros f o a T e H.
    assert (Asked : In (HasDerivative f o a) (needs_of_function f o a) -> is_derive (F f o : R -> R_NormedModule) (eval F dims T e a) (F f (S o) (eval F dims T e a))).
    { intro Hin. exact (H _ Hin). }
    assert (Known : differentiable_everywhere f = true -> o = 0%nat -> is_derive (F f o : R -> R_NormedModule) (eval F dims T e a) (F f (S o) (eval F dims T e a))).
    { intros Hf ->. now apply derivatives. }
    destruct f as [|[|[|[|[|[|[|[|[|[|[|[|[|[|[|[|[|[|[|[|f]]]]]]]]]]]]]]]]]]]]; try (destruct o as [|o]; [now apply Known | apply Asked; now left]).
    - apply exp_derivative.
    - destruct o as [|o]; [apply relu_derivative, (H (NotZero a)); now left | apply Asked; now left].
    - destruct o as [|o]; [apply sqrt_derivative, (H (Positive a)); now left | apply Asked; now left].
    - destruct o as [|o]; [apply rsqrt_derivative, (H (Positive a)); now left | apply Asked; now left].
    - destruct o as [|o]; [apply logarithm_derivative, (H (Positive a)); now left | apply Asked; now left].
    - apply reciprocal_derivative, (H (NotZero a)). now left.
    - apply Asked. destruct o; now left.
  Qed.

  Lemma needs_suffice : forall a T e, (forall c, In c (needs a) -> met_around T e (fst c) (snd c)) -> smooth F dims T e a.
  Proof.
    assert (Inner : forall T e k m gs a v, (forall c, In c (map (within k m gs) (needs a)) -> met_around T e (fst c) (snd c)) ->
      In v (admitted e k m gs) -> forall c, In c (needs a) -> met_around T (set e k v) (fst c) (snd c)).
    { intros T e k m gs a v H Hv c Hc. exact (H (within k m gs c) (in_map _ _ _ Hc) v Hv). }
    induction a; intros T e H; cbn [needs smooth] in *; auto.
    - split; [apply IHa1 | apply IHa2]; intros c Hc; apply H, in_or_app; auto.
    - split; [apply IHa1 | apply IHa2]; intros c Hc; apply H, in_or_app; auto.
    - split; [apply IHa; intros c Hc; apply H, in_or_app; auto|]. apply function_needs_suffice. intros c Hc.
      apply (H (bare c)). apply in_or_app. right. now apply in_map.
    - intros v Hv. apply IHa. apply (Inner T e k n0 [] a v H). unfold admitted. cbn [forallb]. now rewrite filter_true.
    - split.
      + destruct gs as [|g gs]; [destruct n0 as [|m]|]; [| |apply (H (bare (SomeTerm k n0 (g :: gs)))); now left].
        * apply (H (bare (SomeTerm k 0%nat []))). now left.
        * unfold admitted. cbn. discriminate.
      + intros v Hv. apply IHa. apply (Inner T e k n0 gs a v); [|exact Hv]. intros c Hc. apply H, in_or_app. now right.
    - destruct (H (bare (LargestOnce k n0 gs a)) (or_introl eq_refl)) as [Hn Hm]. split; [exact Hn|]. intros v Hv. split.
      + apply IHa. apply (Inner T e k n0 gs a v); [|exact Hv]. intros c Hc. apply H. now right.
      + now apply Hm.
    - exact (H (bare Never) (or_introl eq_refl)).
    - exact (H (bare Never) (or_introl eq_refl)).
  Qed.

  Lemma chain_suffices : forall v chain T j,
    (forall c, In c (demands_from v j chain) -> met_in (of_equation c - j) chain T (around c) (what c)) -> smooth_chain F dims chain T.
  Proof.
    intros v. induction chain as [|d rest IH]; intros T j H; cbn [demands_from smooth_chain] in *; [exact I|]. split.
    - intros p Hp. apply needs_suffice. intros c Hc.
      assert (Hin : In (Demand v j (fst c) (snd c)) (map (fun c => Demand v j (fst c) (snd c)) (needs (body d)))) by (apply in_map_iff; now exists c).
      specialize (H _ (in_or_app _ _ _ (or_introl Hin))). cbn [of_equation around what] in H. rewrite Nat.sub_diag in H. now apply H.
    - apply (IH _ (S j)). intros c Hc. pose proof (H c (in_or_app _ _ _ (or_intror Hc))) as Hm.
      assert (Hj : (S j <= of_equation c)%nat) by now apply (demands_from_later v rest).
      replace (of_equation c - j)%nat with (S (of_equation c - S j)) in Hm by lia. exact Hm.
  Qed.

  Theorem demands_suffice : forall theta, (forall c, In c (demands n layers cost_layer) -> demand_met theta c) ->
    smooth_network F dims n P layers cost_layer data theta.
  Proof.
    intros theta H. unfold demands in H. split.
    - intros v Hv. apply (chain_suffices v _ _ 0). intros c Hc. rewrite Nat.sub_0_r.
      assert (Hin : In c (flat_map (fun v => demands_from v 0 (forward (layers v))) (seq 0 n))) by (apply in_flat_map; exists v; split; [apply in_seq; lia | exact Hc]).
      specialize (H c (in_or_app _ _ _ (or_introl Hin))). unfold demand_met in H. apply demands_from_vertex in Hc. rewrite Hc in H.
      destruct (Nat.ltb_spec v n); [exact H | lia].
    - apply (chain_suffices n _ _ 0). intros c Hc. rewrite Nat.sub_0_r. specialize (H c (in_or_app _ _ _ (or_intror Hc))).
      unfold demand_met in H. apply demands_from_vertex in Hc. rewrite Hc, Nat.ltb_irrefl in H. exact H.
  Qed.
End Demands.
